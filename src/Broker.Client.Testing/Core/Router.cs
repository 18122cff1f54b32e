namespace Broker.Client.Testing;

/// <summary>From an exchange and a message to the queues, each at most once.</summary>
internal sealed class Router(ExchangeTable exchanges, QueueTable queues)
{
    public List<MessageQueue> Route(Message message)
    {
        List<MessageQueue> found = [];
        if (message.Exchange.Length == 0)
        {
            ToQueue(message.RoutingKey);
            foreach (var key in message.CarbonKeys) ToQueue(key);
            foreach (var key in message.BlindKeys) ToQueue(key);
            return found;
        }

        if (exchanges.Find(message.Exchange) is { } first) Walk(message, first, found);
        return found;

        void ToQueue(string name)
        {
            if (queues.Find(name) is { } queue && !found.Contains(queue)) found.Add(queue);
        }
    }

    private void Walk(Message message, Exchange first, List<MessageQueue> found)
    {
        Queue<Exchange> next = new([first]);
        HashSet<Exchange> seen = [first];
        HashSet<MessageQueue> reached = [];
        while (next.TryDequeue(out var exchange))
        {
            var matched = Follow(exchange, message.RoutingKey);
            foreach (var key in message.CarbonKeys) matched |= Follow(exchange, key);
            foreach (var key in message.BlindKeys) matched |= Follow(exchange, key);
            // The alternate is asked when this exchange itself led nowhere, whatever others on the way did.
            if (matched || exchange.Alternate is not { } name) continue;
            if (name.Length == 0 && queues.Find(message.RoutingKey) is { } direct && reached.Add(direct))
                found.Add(direct);
            if (exchanges.Find(name) is { } alternate && seen.Add(alternate)) next.Enqueue(alternate);
        }

        bool Follow(Exchange exchange, string key)
        {
            var bindings = exchange.Match(key, message.Properties.Headers);
            foreach (var binding in bindings)
            {
                if (binding.Queue is { } queue && reached.Add(queue)) found.Add(queue);
                if (binding.Exchange is { } further && seen.Add(further)) next.Enqueue(further);
            }

            return bindings.Count > 0;
        }
    }
}
