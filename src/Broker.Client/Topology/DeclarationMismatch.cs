using System.Globalization;
using System.Text.RegularExpressions;

namespace Broker.Client;

/// <summary>
/// A queue or exchange that exists with other properties is a 406, which everybody meets who shares a queue with
/// programs of pika. Its text names the property and both values; the code that would match is made of it here.
/// </summary>
internal static partial class DeclarationMismatch
{
    private const ushort PreconditionFailed = 406;
    private const string Stream = "stream";

    /// <summary>The error with the line that matches, or null where it is not about a mismatch.</summary>
    public static TopologyException? Explain(string what, string name, TopologyException refused)
    {
        if (refused.ReplyCode != PreconditionFailed || refused.ReplyText is not { } text
            || Inequivalent().Match(text) is not { Success: true } match)
            return null;

        var argument = match.Groups["argument"].Value;
        var words = match.Groups["current"].Value;
        var current = Value(words);
        if (what == Stream && argument == "x-queue-type")
            return new TopologyException(
                $"'{name}' exists already, and is no stream but a {current ?? "classic"} queue. Choose another name for the stream, or delete "
                    + $"the queue first. ({text})",
                isTransient: false, refused.ReplyCode, text, refused);
        var there = current is not null ? $"{argument} is {current} there"
            : argument == "x-queue-type" ? $"{argument} is not set there, which makes it a classic queue"
            : $"{argument} is not set there";
        return new TopologyException(
            $"The {what} '{name}' exists already, declared in another way: {there}. To use it as it is, declare it "
                + $"{Declaration(what, argument, current, words)}; to change it, delete it first. ({text})",
            isTransient: false, refused.ReplyCode, text, refused);
    }

    // What can be pasted, for whoever has no options yet; who has some adds what stands between the braces.
    private static string Declaration(string what, string argument, string? current, string words)
    {
        if (what == "exchange" && argument == "type")
            return $"with `kind: \"{current}\"`";
        var (line, options) = what switch
        {
            "exchange" => (ExchangeLine(argument, current), nameof(ExchangeOptions)),
            Stream => (StreamLine(argument, current), nameof(StreamOptions)),
            _ => (QueueLine(argument, current), nameof(QueueOptions)),
        };
        line ??= current is null ? null : Raw(argument, current, words);
        return line is null ? $"without \"{argument}\" in its Arguments" : $"with `new {options} {{ {line} }}`";
    }

    private static string? QueueLine(string argument, string? current) => argument switch
    {
        "x-queue-type" => $"Type = QueueType.{Capital(current ?? "classic")}",
        "durable" => $"Durable = {current}",
        "exclusive" => $"Exclusive = {current}",
        "auto_delete" => $"AutoDelete = {current}",
        "x-message-ttl" => $"MessageTtl = {Milliseconds(current)}",
        "x-expires" => $"Expires = {Milliseconds(current)}",
        "x-max-length" => $"MaxLength = {current ?? "null"}",
        "x-max-length-bytes" => $"MaxLengthBytes = {current ?? "null"}",
        "x-dead-letter-exchange" => $"DeadLetterExchange = {Text(current)}",
        "x-dead-letter-routing-key" => $"DeadLetterRoutingKey = {Text(current)}",
        "x-delivery-limit" => $"DeliveryLimit = {current ?? "null"}",
        "x-max-priority" => $"MaxPriority = {current ?? "null"}",
        "x-single-active-consumer" => $"SingleActiveConsumer = {current ?? "false"}",
        "x-overflow" => current switch
        {
            null => "Overflow = null",
            "reject-publish" => "Overflow = QueueOverflow.RejectPublish",
            "reject-publish-dlx" => "Overflow = QueueOverflow.RejectPublishDeadLetter",
            _ => "Overflow = QueueOverflow.DropHead",
        },
        "x-dead-letter-strategy" => current switch
        {
            null => "DeadLetterStrategy = null",
            "at-least-once" => "DeadLetterStrategy = DeadLetterStrategy.AtLeastOnce",
            _ => "DeadLetterStrategy = DeadLetterStrategy.AtMostOnce",
        },
        _ => null,
    };

    private static string? ExchangeLine(string argument, string? current) => argument switch
    {
        "durable" => $"Durable = {current}",
        "auto_delete" => $"AutoDelete = {current}",
        "internal" => $"Internal = {current}",
        "alternate-exchange" => $"AlternateExchange = {Text(current)}",
        _ => null,
    };

    private static string? StreamLine(string argument, string? current) => argument switch
    {
        "x-max-age" => $"MaxAge = {Age(current)}",
        "x-max-length-bytes" => $"MaxBytes = {current ?? "null"}",
        "x-stream-max-segment-size-bytes" => $"SegmentSize = {current ?? "null"}",
        "x-initial-cluster-size" => $"Replicas = {current ?? "null"}",
        _ => null,
    };

    // "7D", "12h"; RabbitMQ 4.3 tells the milliseconds that it comes to. Years and months have a length of the broker's own.
    private static string Age(string? current) => current switch
    {
        null => "null",
        [.. var days, 'D'] => $"TimeSpan.FromDays({days})",
        [.. var hours, 'h'] => $"TimeSpan.FromHours({hours})",
        [.. var minutes, 'm'] => $"TimeSpan.FromMinutes({minutes})",
        [.. var seconds, 's'] => $"TimeSpan.FromSeconds({seconds})",
        _ when long.TryParse(current, CultureInfo.InvariantCulture, out var age) => age switch
        {
            _ when age % 86_400_000 == 0 => $"TimeSpan.FromDays({age / 86_400_000})",
            _ when age % 3_600_000 == 0 => $"TimeSpan.FromHours({age / 3_600_000})",
            _ => $"TimeSpan.FromSeconds({age / 1_000})",
        },
        _ => $"null, Arguments = {{ [\"x-max-age\"] = \"{current}\" }}",
    };

    private static string Raw(string argument, string current, string words)
    {
        var isText = words.Contains("'longstr'", StringComparison.Ordinal)
            || !(words.Contains("'bool'", StringComparison.Ordinal)
                || long.TryParse(current, CultureInfo.InvariantCulture, out _));
        return $"Arguments = {{ [\"{argument}\"] = {(isText ? Text(current) : current)} }}";
    }

    private static string Text(string? current) => current is null ? "null" : $"\"{current}\"";

    private static string Milliseconds(string? current) => current is null ? "null" : $"TimeSpan.FromMilliseconds({current})";

    private static string Capital(string word) => word.Length == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..];

    // "none", "'true'", "the value '1000' of type 'signedint'".
    private static string? Value(string words) =>
        Quoted().Match(words) is { Success: true } quoted ? quoted.Groups[1].Value : null;

    [GeneratedRegex(
        @"inequivalent arg '(?<argument>[^']+)' for .*? in vhost '.*?': "
        + @"received (?<received>.+?) but current is (?<current>.+)$",
        RegexOptions.Singleline)]
    private static partial Regex Inequivalent();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();
}
