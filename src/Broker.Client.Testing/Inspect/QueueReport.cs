using System.Globalization;
using System.Text;

namespace Broker.Client.Testing;

/// <summary>A queue in words, for the text of a failure: what it is, its messages, and what happened to each.</summary>
internal static class QueueReport
{
    private const int MostMessages = 20;
    private const int LongestBody = 60;

    public static string Of(QueueView? queue, string name, IReadOnlyList<QueueMessage> history)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"queue '{name}'");
        if (queue is null) text.Append(" does not exist");
        else
        {
            var type = queue.Declared.Arguments.GetValueOrDefault("x-queue-type") ?? "classic";
            text.Append(CultureInfo.InvariantCulture,
                $" ({type}): {queue.Ready} ready, {queue.Unacked} unacked, {queue.Consumers} consumers");
        }

        if (history.Count == 0) text.Append("\n  no message was ever in it");
        if (history.Count > MostMessages)
            text.Append(CultureInfo.InvariantCulture, $"\n  ... {history.Count - MostMessages} messages before these");
        foreach (var message in history.Skip(history.Count - MostMessages)) Add(text, message);
        return text.ToString();
    }

    private static void Add(StringBuilder text, QueueMessage message)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n  {Body(message)} by '{message.RoutingKey}'");
        if (message.Exchange.Length > 0) text.Append(CultureInfo.InvariantCulture, $" from '{message.Exchange}'");
        if (message.Properties.MessageId is { } id) text.Append(CultureInfo.InvariantCulture, $", id {id}");
        text.Append(": ").AppendJoin(", ", message.Steps.Select(Step));
    }

    private static string Step(FateChange step) => string.Create(CultureInfo.InvariantCulture,
        $"{step.Fate} at {step.Time:HH:mm:ss.fff}{(step.Detail is { } detail ? $" ({detail})" : "")}");

    // A body that is no text is shown by its length.
    private static string Body(QueueMessage message)
    {
        var body = message.GetText();
        if (body.Any(char.IsControl) || body.Contains('\uFFFD')) return $"{message.Body.Length} bytes";
        return body.Length <= LongestBody ? $"\"{body}\"" : $"\"{body[..LongestBody]}...\"";
    }
}
