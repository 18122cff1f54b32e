using Broker.Client.Testing;

namespace Broker.Client.Oracle.Programs;

/// <summary>Draws a program from a seed: mostly what makes sense, now and then what is refused.</summary>
internal sealed class Generator
{
    public const int Exchanges = 3;

    /// <summary>The time to live of what a program waits for, in milliseconds.</summary>
    public const int Short = 1200;

    /// <summary>What messages of streams are filtered by.</summary>
    public static readonly string[] Filters = ["a", "b", "c"];

    private const int Length = 60;
    private const int Queues = 4;

    private static readonly string[] s_keys = ["a", "b", "a.b", "b.c.d", ""];
    private static readonly string[] s_patterns = ["a", "b", "a.*", "#", "*.b", "b.#.d", ""];
    private static readonly string[] s_kinds = ["direct", "fanout", "topic", "headers"];

    private readonly Dice _dice;
    private readonly QueueDraw _draw;
    private readonly List<Operation> _program = [];
    private readonly Dictionary<int, QueueSpec> _queues = [];
    private readonly Dictionary<int, string> _exchanges = [];
    private readonly List<(int Channel, int Tag)> _consumers = [];
    private readonly HashSet<int> _prioritized = [];
    private int _bodies;
    private int _tags;
    private int _untilWait = -1;

    private Generator(int seed)
    {
        _dice = new(seed);
        _draw = new(_dice, Queues, Exchanges);
    }

    public static IReadOnlyList<Operation> Draw(int seed)
    {
        var generator = new Generator(seed);
        generator.SetUp();
        while (generator._program.Count < Length) generator.Next();
        return generator._program;
    }

    private void SetUp()
    {
        for (var i = _dice.Below(3); i > 0; i--) DeclareExchange();
        for (var i = _dice.From(2, Queues); i > 0; i--) DeclareQueue();
        for (var i = _dice.Below(4); i > 0 && _exchanges.Count > 0; i--) Bind();
    }

    private void Next()
    {
        if (_untilWait-- == 0)
        {
            Add(new Wait(Short + 800));
            if (_queues.Values.Any(queue => queue.Arguments.Values.Contains(Short))) _untilWait = 10;
        }

        switch (_dice.Pick([28, 12, 9, 4, 24, 4, 3, 3, 2, 1, 4, 2, 2, 1, 1, 1]))
        {
            case 0: Publish(); break;
            case 1: Get(); break;
            case 2: Consume(); break;
            case 3: CancelOne(); break;
            case 4: Settle(); break;
            case 5: Add(new Limit(Channel(), (ushort)_dice.Below(4), _dice.Chance(15))); break;
            case 6: Redeclare(); break;
            case 7: Add(new FindQueue(Channel(), Queue())); break;
            case 8: Add(new PurgeQueue(Channel(), Queue())); break;
            case 9: Add(new DeleteQueue(Channel(), Queue(), _dice.Chance(20), _dice.Chance(20))); break;
            case 10: BindOrUnbind(); break;
            case 11: Add(new Recover(Channel())); break;
            case 12: Add(new CloseChannel(Channel())); break;
            case 13: Add(new CloseConnection(_dice.Below(2))); break;
            case 14: Add(new SettleUnknown(Channel(), (Verdict)_dice.Below(3))); break;
            default: Add(new DeleteExchange(Channel(), _dice.Below(Exchanges), _dice.Chance(50))); break;
        }
    }

    private void Publish()
    {
        var channel = Channel();
        var properties = Properties(channel);
        if (properties.Expiration == $"{Short}") _untilWait = _dice.Below(3);
        var body = $"m{_bodies++}";
        var count = _dice.Chance(25) ? _dice.From(2, 4) : 1;
        if (_exchanges.Count > 0 && _dice.Chance(40))
        {
            var exchange = _dice.Chance(97) ? _dice.Of(_exchanges.Keys) : _dice.Below(Exchanges);
            Add(new Publish(channel, exchange, _dice.Of(s_keys), KeyQueue: null, _dice.Chance(30), properties, body, count));
            return;
        }

        Add(new Publish(channel, -1, "", Queue(), _dice.Chance(20), properties, body, count));
    }

    private MessageProperties Properties(int channel)
    {
        var properties = new MessageProperties
        {
            DeliveryMode = _dice.Chance(20) ? (byte)2 : _dice.Chance(20) ? (byte)1 : null,
            Expiration = _dice.Pick([80, HasQuorum ? 0 : 4, 8, 8]) switch { 0 => null, 1 => "0", 2 => $"{Short}", _ => "3600000" },
            Priority = _dice.Chance(25) ? (byte)_dice.Below(7) : null,
        };
        if (_dice.Chance(10)) properties = properties with { MessageId = "id", CorrelationId = "cor", ContentType = "text/plain", Timestamp = 1_700_000_000 };
        if (_dice.Chance(3)) properties = properties with { UserId = "nobody" };
        return properties with { Headers = Headers() };
    }

    private Dictionary<string, object?>? Headers()
    {
        Dictionary<string, object?> headers = [];
        if (_dice.Chance(20)) headers["h"] = _dice.Below(2);
        if (_dice.Chance(10)) headers["t"] = "x";
        if (HasStream && _dice.Chance(50)) headers["x-stream-filter-value"] = _dice.Of(Filters);
        if (_dice.Chance(3)) headers["CC"] = new List<object?> { _dice.Of(s_keys) };
        if (_dice.Chance(2)) headers["BCC"] = new List<object?> { _dice.Of(s_keys) };
        return headers.Count > 0 ? headers : _dice.Chance(5) ? headers : null;
    }

    private void Consume()
    {
        var channel = Channel();
        var queue = Queue();
        if (_dice.Chance(40)) Add(new Limit(channel, (ushort)_dice.From(1, 3), Global: false));
        var noAck = _dice.Chance(20);
        // A quorum queue learns a little later that such a message is done with; with a limit it would be chance who gets the next.
        if (noAck && _queues.GetValueOrDefault(queue)?.Type == "quorum") Add(new Limit(channel, 0, Global: false));
        var tag = _dice.Chance(2) && _tags > 0 ? _dice.Below(_tags) : _tags++;
        _consumers.Add((channel, tag));
        var arguments = _draw.ConsumerArguments(_queues.GetValueOrDefault(queue));
        if (arguments.ContainsKey("x-priority")) _prioritized.Add(queue);
        Add(new Consume(channel, queue, tag, noAck, _dice.Chance(6), arguments));
    }

    private void Get()
    {
        var (channel, queue, noAck) = (Channel(), Queue(), _dice.Chance(25));
        // What that leaves behind on 4.3 is in DIFFERENCES.md.
        if (_prioritized.Contains(queue) && _queues.GetValueOrDefault(queue)?.Type == "quorum") return;
        Add(new Get(channel, queue, noAck));
    }

    private void CancelOne()
    {
        if (_consumers.Count == 0) return;
        var consumer = _dice.Of(_consumers);
        Add(new Cancel(consumer.Channel, consumer.Tag));
    }

    private void Settle() =>
        Add(new Settle(Channel(), (Verdict)_dice.Pick([5, 3, 3]), _dice.Below(8), _dice.Chance(20), _dice.Chance(55)));

    private void DeclareQueue()
    {
        var slot = _queues.Count < Queues ? _queues.Count : _dice.Below(Queues);
        var spec = _draw.Queue();
        // A channel of 3.10 that knows a queue of another type by this name fails; DIFFERENCES.md has it.
        while (_queues.TryGetValue(slot, out var known) && (known.Type is "" or "classic") != (spec.Type is "" or "classic")) spec = _draw.Queue();
        if (_queues.TryAdd(slot, spec) || _dice.Chance(50)) Add(new DeclareQueue(Channel(), slot, spec));
        if (spec.Arguments.Values.Contains(Short)) _untilWait = _dice.From(1, 4);
    }

    private void Redeclare()
    {
        if (_dice.Chance(40) || _queues.Count == 0)
        {
            DeclareQueue();
            return;
        }

        var slot = _dice.Of(_queues.Keys);
        Add(new DeclareQueue(Channel(), slot, _dice.Chance(60) ? _queues[slot] : _draw.Another(_queues[slot])));
    }

    private void DeclareExchange()
    {
        var slot = _dice.Below(Exchanges);
        var kind = _dice.Chance(98) ? _dice.Of(s_kinds) : "nonsense";
        _exchanges.TryAdd(slot, kind);
        Add(new DeclareExchange(Channel(), slot, kind, _dice.Chance(70), _dice.Chance(10), _dice.Chance(5),
            _dice.Chance(20) ? _dice.Below(Exchanges) : null));
    }

    private void BindOrUnbind()
    {
        if (_dice.Chance(10)) DeclareExchange();
        else if (_dice.Chance(10)) Add(new BindExchange(Channel(), Exchange(), Exchange(), _dice.Of(s_patterns)));
        else Bind();
    }

    private void Bind()
    {
        var exchange = Exchange();
        Dictionary<string, object?> arguments = [];
        if (_exchanges.GetValueOrDefault(exchange) == "headers" || _dice.Chance(5))
        {
            if (_dice.Chance(70)) arguments["x-match"] = _dice.Of(["all", "any", "all-with-x", "any-with-x"]);
            if (_dice.Chance(70)) arguments["h"] = _dice.Below(2);
            if (_dice.Chance(30)) arguments["t"] = "x";
        }

        var (queue, key) = (Queue(), _dice.Of(s_patterns));
        if (_dice.Chance(80)) Add(new BindQueue(Channel(), queue, exchange, key, arguments));
        else Add(new UnbindQueue(Channel(), queue, exchange, key, arguments));
    }

    // There the millisecond of the next command decides what has expired.
    private bool HasQuorum => _queues.Values.Any(queue => queue.Type == "quorum");

    private bool HasStream => _queues.Values.Any(queue => queue.Type == "stream");

    private int Channel() => _dice.Below(Playing.Stage.Seats);

    private int Queue() => _queues.Count > 0 && _dice.Chance(98) ? _dice.Of(_queues.Keys) : _dice.Below(Queues);

    private int Exchange() => _exchanges.Count > 0 && _dice.Chance(97) ? _dice.Of(_exchanges.Keys) : _dice.Below(Exchanges);

    private void Add(Operation operation) => _program.Add(operation);
}
