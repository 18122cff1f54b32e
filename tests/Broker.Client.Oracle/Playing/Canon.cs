using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Playing;

/// <summary>Values as text that is the same for the same thing: names and times are left out, tables are in order, types are told apart.</summary>
internal static partial class Canon
{
    public static string Properties(MessageProperties properties)
    {
        List<string> words = [];
        Add("content-type", properties.ContentType);
        Add("content-encoding", properties.ContentEncoding);
        if (properties.Headers is { } headers) words.Add($"headers={Value(headers)}");
        Add("delivery-mode", properties.DeliveryMode);
        Add("priority", properties.Priority);
        Add("correlation-id", properties.CorrelationId);
        Add("reply-to", properties.ReplyTo);
        Add("expiration", properties.Expiration);
        Add("message-id", properties.MessageId);
        Add("timestamp", properties.Timestamp);
        Add("type", properties.Type);
        Add("user-id", properties.UserId);
        Add("app-id", properties.AppId);
        Add("cluster-id", properties.ClusterId);
        return string.Join(' ', words);

        void Add(string name, object? value)
        {
            if (value is not null) words.Add(string.Create(CultureInfo.InvariantCulture, $"{name}={value}"));
        }
    }

    public static string Value(object? value) => value switch
    {
        null => "void",
        string text => $"'{text}'",
        bool flag => flag ? "true" : "false",
        // The second of a death, and nothing else is a time here.
        DateTimeOffset => "time",
        IReadOnlyDictionary<string, object?> table =>
            $"{{{string.Join(", ", table.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {Value(pair.Value)}"))}}}",
        byte[] bytes => $"bytes {Convert.ToHexString(bytes)}",
        System.Collections.IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Value))}]",
        IFormattable number when ArgumentText.TypeOf(value) is not "timestamp" =>
            $"{number.ToString(null, CultureInfo.InvariantCulture)}{Suffix(value)}",
        _ => value.ToString() ?? "",
    };

    /// <summary>A text of the broker without what differs from run to run.</summary>
    public static string Text(string text, string prefix) => Generated().Replace(text.Replace(prefix, "", StringComparison.Ordinal), "$1*");

    public static string Body(byte[] body) => Encoding.UTF8.GetString(body);

    private static string Suffix(object value) => value switch
    {
        long => "l",
        int => "i",
        short => "s",
        ushort => "us",
        uint => "ui",
        sbyte => "sb",
        byte => "b",
        float => "f",
        double => "d",
        decimal => "m",
        _ => "",
    };

    [GeneratedRegex("(amq\\.(gen|ctag)-)[A-Za-z0-9_-]+")]
    private static partial Regex Generated();
}
