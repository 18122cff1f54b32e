using System.Net;
using System.Text;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>A password that is found again in every form that it may take on the way into a text.</summary>
/// <param name="user">Who logs in with it.</param>
/// <param name="password">The password, or a token.</param>
internal sealed class Canary(string user, string password)
{
    /// <summary>That of the user whom the tests of secrets make.</summary>
    public const string SuitePassword = "cän@ry:s/e%c+r€t";

    public IReadOnlyList<string> Forms { get; } =
    [
        password,
        Uri.EscapeDataString(password),
        WebUtility.UrlEncode(password),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(password)),
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}")),
        Convert.ToHexString(Encoding.UTF8.GetBytes(password)),
        Convert.ToBase64String(Encoding.Unicode.GetBytes(password)),
        Convert.ToHexString(Encoding.Unicode.GetBytes(password)),
        $"\0{user}\0{password}",
        Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(password)),
    ];

    /// <summary>Those of the texts that show it.</summary>
    public IReadOnlyList<string> LeaksIn(IEnumerable<string> texts) =>
        [.. texts.Where(text => Forms.Any(form => text.Contains(form, StringComparison.OrdinalIgnoreCase)))];
}
