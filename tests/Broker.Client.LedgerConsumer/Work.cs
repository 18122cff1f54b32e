using System.Globalization;

namespace Broker.Client.LedgerConsumer;

/// <summary>What it is started for.</summary>
internal sealed record Work
{
    public string Uri { get; private set; } = "";

    public string Ledger { get; private set; } = "";

    public List<string> Queues { get; } = [];

    public ConsumerOptions Options { get; } = new() { FailurePolicy = FailurePolicy.Stop };

    public TimeSpan Heartbeat { get; private set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a slow handler takes; the others take no time.</summary>
    public TimeSpan Slow { get; private set; }

    /// <summary>Of so many deliveries one is slow.</summary>
    public uint SlowEvery { get; private set; } = 1;

    /// <summary>Of a stream: under which name it is subscribed to; null where a queue is consumed.</summary>
    public string? Subscriber { get; private set; }

    /// <summary>Of a stream: where to begin when no position is stored.</summary>
    public StreamOffset From { get; private set; } = StreamOffset.First;

    /// <summary>Of a stream: the folder of its positions; null means in the broker.</summary>
    public string? Positions { get; private set; }

    /// <summary>How the ids of the messages begin whose handler kills the process; null where none does.</summary>
    public string? Poison { get; private set; }

    public static Work Parse(string[] arguments)
    {
        var work = new Work();
        for (var each = 0; each + 1 < arguments.Length; each += 2)
        {
            var value = arguments[each + 1];
            var number = double.TryParse(value, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0;
            switch (arguments[each])
            {
                case "--uri": work.Uri = value; break;
                case "--ledger": work.Ledger = value; break;
                case "--queue": work.Queues.Add(value); break;
                case "--prefetch": work.Options.Prefetch = (ushort)number; break;
                case "--concurrency": work.Options.Concurrency = (int)number; break;
                case "--ack": work.Options.AckMode = Enum.Parse<AckMode>(value); break;
                case "--heartbeat": work.Heartbeat = TimeSpan.FromSeconds(number); break;
                case "--slow": work.Slow = TimeSpan.FromMilliseconds(number); break;
                case "--slow-every": work.SlowEvery = (uint)number; break;
                case "--subscriber": work.Subscriber = value; break;
                case "--from": work.From = StreamOffset.At((long)number); break;
                case "--positions": work.Positions = value; break;
                case "--poison": work.Poison = value; break;
                default: throw new ArgumentException($"There is no option {arguments[each]}.", nameof(arguments));
            }
        }

        return work;
    }
}
