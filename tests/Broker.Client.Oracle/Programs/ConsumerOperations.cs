using Broker.Client.Oracle.Playing;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Programs;

internal sealed record Limit(int Channel, ushort Count, bool Global) : Operation
{
    public override Task<string> PlayAsync(Stage stage) => stage.AskAsync(Channel, new BasicQos(0, Count, Global));

    public override string ToString() => $"ch{Channel} qos {Count}{(Global ? " global" : "")}";
}

internal sealed record Consume(int Channel, int Queue, int Tag, bool NoAck, bool Exclusive, IReadOnlyDictionary<string, object?> Arguments) : Operation
{
    public override async Task<string> PlayAsync(Stage stage)
    {
        await stage.SeatAsync(Channel);
        stage.Consumes(Channel, $"c{Tag}", NoAck);
        return await stage.AskAsync(Channel,
            new BasicConsume(stage.Queue(Queue), $"c{Tag}", NoLocal: false, NoAck, Exclusive, NoWait: false, Arguments));
    }

    public override string ToString() =>
        $"ch{Channel} consume q{Queue} as c{Tag}{(NoAck ? " no-ack" : "")}{(Exclusive ? " exclusive" : "")} {Canon.Value(Arguments)}";
}

internal sealed record Cancel(int Channel, int Tag) : Operation
{
    public override Task<string> PlayAsync(Stage stage) => stage.AskAsync(Channel, new BasicCancel($"c{Tag}", NoWait: false));

    public override string ToString() => $"ch{Channel} cancel c{Tag}";
}

/// <summary>It is opened again by the next step that needs it.</summary>
internal sealed record CloseChannel(int Channel) : Operation
{
    public override Task<string> PlayAsync(Stage stage) => stage.AskAsync(Channel, new ChannelClose(200, "bye", 0, 0));

    public override string ToString() => $"ch{Channel} close";
}

internal sealed record CloseConnection(int Line) : Operation
{
    public override async Task<string> PlayAsync(Stage stage)
    {
        await stage.CloseLineAsync(Line);
        return "";
    }

    public override string ToString() => $"connection {Line} close";
}

/// <summary>On the test broker the clock is moved.</summary>
internal sealed record Wait(int Milliseconds) : Operation
{
    public override async Task<string> PlayAsync(Stage stage)
    {
        await stage.PassAsync(TimeSpan.FromMilliseconds(Milliseconds));
        return "";
    }

    public override string ToString() => $"wait {Milliseconds} ms";
}
