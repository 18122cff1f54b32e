namespace Broker.Client.Testing;

/// <summary>Turns a message that died in a queue into the one that goes to the dead-letter exchange.</summary>
internal static class DeadLetters
{
    public static Message Bury(
        Message message, string queue, string reason, string exchange, string? routingKey, DateTimeOffset now,
        RabbitProfile profile)
    {
        var deaths = Add(message, queue, reason, now);
        var headers = new Dictionary<string, object?>();
        foreach (var (name, value) in message.Properties.Headers ?? new Dictionary<string, object?>())
            headers[name] = value;

        // What a client wrote there counts on 3.10 alone.
        if (profile.ReadsDeathsOfClients ? !headers.ContainsKey("x-death") : message.Deaths.Count == 0)
        {
            SetFirst("x-first-death-exchange", message.Exchange);
            SetFirst("x-first-death-queue", queue);
            SetFirst("x-first-death-reason", reason);
        }

        headers["x-death"] = deaths.Select(static death => (object?)death.ToTable()).ToList();
        if (profile.ShowsLastDeath)
        {
            headers["x-last-death-exchange"] = message.Exchange;
            headers["x-last-death-queue"] = queue;
            headers["x-last-death-reason"] = reason;
        }

        if (routingKey is not null && profile.DropsCarbonCopiesOnDeadLetterKey) headers.Remove("CC");

        return message with
        {
            Exchange = exchange,
            RoutingKey = routingKey ?? message.RoutingKey,
            CarbonKeys = routingKey is null ? message.CarbonKeys : [],
            BlindKeys = [],
            Deaths = deaths,
            Ttl = null,
            Original = message.Original ?? message.Properties,
            Properties = message.Properties with { Headers = headers, Expiration = null },
        };

        void SetFirst(string name, string value)
        {
            if (profile.ReadsDeathsOfClients) headers.TryAdd(name, value);
            else headers[name] = value;
        }
    }

    /// <summary>A message that came back to where it died is dropped, unless someone rejected it on the way.</summary>
    public static bool IsCycle(Message message, string queue, string reason)
    {
        if (reason == Death.Rejected) return false;

        foreach (var death in message.Deaths)
        {
            if (death.Reason == Death.Rejected) return false;
            if (death.Queue == queue) return true;
        }

        return false;
    }

    private static List<Death> Add(Message message, string queue, string reason, DateTimeOffset now)
    {
        var known = message.Deaths.FirstOrDefault(death => death.Queue == queue && death.Reason == reason);
        var second = DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds());
        var latest = known is not null
            ? known with { Count = known.Count + 1 }
            : new(queue, reason, message.Exchange, [message.RoutingKey, .. message.CarbonKeys], second, Count: 1,
                message.Properties.Expiration);
        return [latest, .. message.Deaths.Where(death => death != known)];
    }
}
