using System.Net;
using System.Text;

namespace Broker.Client.IntegrationTests.Security;

/// <summary>A password that is found again in every form that it may take on the way into a text.</summary>
/// <param name="user">Who logs in with it.</param>
internal sealed class Canary(string user)
{
    public const string Password = "cän@ry:s/e%c+r€t";

    public IReadOnlyList<string> Forms { get; } =
    [
        Password,
        Uri.EscapeDataString(Password),
        WebUtility.UrlEncode(Password),
        Convert.ToBase64String(Encoding.UTF8.GetBytes(Password)),
        Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{Password}")),
        Convert.ToHexString(Encoding.UTF8.GetBytes(Password)),
        $"\0{user}\0{Password}",
        Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Password)),
    ];

    /// <summary>Those of the texts that show it.</summary>
    public IReadOnlyList<string> LeaksIn(IEnumerable<string> texts) =>
        [.. texts.Where(text => Forms.Any(form => text.Contains(form, StringComparison.OrdinalIgnoreCase)))];
}
