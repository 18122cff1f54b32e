namespace Broker.Client.Oracle.Programs;

/// <summary>Draws queues. A program keeps to the kinds of its theme, so that what is rare is not alone.</summary>
internal sealed class QueueDraw(Dice dice, int queues, int exchanges)
{
    private readonly int[] _kinds = dice.Pick([45, 30, 12, 13]) switch
    {
        0 => [100, 0, 0],
        1 => [50, 50, 0],
        2 => [10, 90, 0],
        _ => [30, 10, 60],
    };

    public QueueSpec Queue() => dice.Pick(_kinds) switch
    {
        0 => Classic(),
        1 => Quorum(),
        _ => Stream(),
    };

    /// <summary>The same queue, declared otherwise.</summary>
    public QueueSpec Another(QueueSpec spec)
    {
        if (dice.Chance(30)) return spec with { Durable = !spec.Durable };
        if (dice.Chance(20)) return spec with { Type = spec.Type == "quorum" ? "classic" : "quorum" };
        return spec with { Arguments = new Dictionary<string, object?>(spec.Arguments) { ["x-max-length"] = dice.Below(9) } };
    }

    public IReadOnlyDictionary<string, object?> ConsumerArguments(QueueSpec? queue)
    {
        Dictionary<string, object?> arguments = [];
        var isSingle = queue?.Arguments.ContainsKey("x-single-active-consumer") == true;
        if (queue?.Type != "stream" && dice.Chance(isSingle ? 40 : 8)) arguments["x-priority"] = dice.Below(3);
        if (queue?.Type != "stream") return arguments;

        if (dice.Chance(85)) arguments["x-stream-offset"] = dice.Pick([4, 3, 2, 4, 1, 1, 1]) switch
        {
            0 => "first",
            1 => "last",
            2 => "next",
            3 => dice.Below(8),
            4 => DateTimeOffset.FromUnixTimeSeconds(1_000_000_000),
            5 => "1h",
            _ => "nonsense",
        };
        if (dice.Chance(25)) arguments["x-stream-filter"] = dice.Chance(70) ? dice.Of(Generator.Filters) : new List<object?> { "a", "b" };
        if (dice.Chance(10)) arguments["x-stream-match-unfiltered"] = dice.Chance(70);
        return arguments;
    }

    private QueueSpec Classic()
    {
        var spec = new QueueSpec(dice.Chance(30) ? "" : "classic")
        {
            Durable = dice.Chance(75), Exclusive = dice.Chance(10), AutoDelete = dice.Chance(10), Unnamed = dice.Chance(3),
        };
        var arguments = Common(noQuorum: _kinds[1] == 0);
        if (dice.Chance(3)) arguments["x-expires"] = Generator.Short;
        if (dice.Chance(6)) arguments["x-max-length-bytes"] = dice.From(2, 9);
        if (dice.Chance(15)) arguments["x-max-priority"] = dice.Of([1, 2, 5]);
        return spec with { Arguments = arguments };
    }

    private QueueSpec Quorum()
    {
        var arguments = Common(noQuorum: false);
        if (dice.Chance(40)) arguments["x-delivery-limit"] = dice.From(-1, 3);
        if (dice.Chance(6)) arguments["x-max-length-bytes"] = dice.From(2, 40);
        if (arguments.ContainsKey("x-dead-letter-exchange") && dice.Chance(15))
            (arguments["x-dead-letter-strategy"], arguments["x-overflow"]) = ("at-least-once", "reject-publish");
        var spec = new QueueSpec("quorum") { Arguments = arguments };
        return dice.Chance(2) ? spec with { Exclusive = true } : spec;
    }

    private QueueSpec Stream()
    {
        Dictionary<string, object?> arguments = [];
        if (dice.Chance(20)) arguments["x-max-age"] = dice.Of(["7D", "12h", "nonsense"]);
        if (dice.Chance(20)) arguments["x-max-length-bytes"] = 1_000_000;
        if (dice.Chance(3)) arguments["x-message-ttl"] = 3_600_000;
        if (dice.Chance(5)) arguments["x-stream-filter-size-bytes"] = dice.Of([16, 64, 255]);
        return new("stream") { Arguments = arguments, Durable = dice.Chance(97), AutoDelete = dice.Chance(2) };
    }

    private Dictionary<string, object?> Common(bool noQuorum)
    {
        Dictionary<string, object?> arguments = [];
        if (dice.Chance(12)) arguments["x-message-ttl"] = dice.Pick([noQuorum ? 2 : 0, 2, 5]) switch { 0 => 0, 1 => Generator.Short, _ => 3_600_000 };
        if (dice.Chance(20)) arguments["x-max-length"] = dice.From(0, 3);
        if (dice.Chance(15)) arguments["x-overflow"] = dice.Of(["drop-head", "reject-publish", "reject-publish-dlx"]);
        if (dice.Chance(10)) arguments["x-single-active-consumer"] = dice.Chance(90);
        // What comes back at a channel's end and dies at once may still reach another consumer of that channel: that is a race.
        if (!dice.Chance(40) || arguments.GetValueOrDefault("x-message-ttl") is 0) return arguments;

        if (exchanges > 0 && dice.Chance(35)) arguments["x-dead-letter-exchange"] = new ExchangeSlot(dice.Below(exchanges));
        else arguments["x-dead-letter-exchange"] = "";
        if (dice.Chance(70)) arguments["x-dead-letter-routing-key"] = new QueueSlot(dice.Below(queues));
        return arguments;
    }
}
