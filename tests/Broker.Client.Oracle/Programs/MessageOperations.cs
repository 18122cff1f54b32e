using System.Text;
using Broker.Client.Oracle.Playing;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Programs;

/// <summary>One or more messages, each confirmed before the next: what lies in one chunk of a stream would else be chance.</summary>
internal sealed record Publish(int Channel, int Exchange, string Key, int? KeyQueue, bool Mandatory, MessageProperties Properties, string Body, int Count)
    : Operation
{
    public override bool StartsClock => Properties.Expiration == $"{Generator.Short}";

    public override async Task<string> PlayAsync(Stage stage)
    {
        var key = KeyQueue is { } queue ? stage.Queue(queue) : Key;
        for (var i = 0; i < Count; i++)
        {
            await stage.PublishAsync(Channel, new BasicPublish(stage.Exchange(Exchange), key, Mandatory, Immediate: false),
                Properties, Encoding.UTF8.GetBytes(Count == 1 ? Body : $"{Body}.{i}"));
        }

        return "";
    }

    public override string ToString() =>
        $"ch{Channel} publish {Body}{(Count > 1 ? $" x{Count}" : "")} to {new ExchangeSlot(Exchange)} by {(KeyQueue is { } queue ? $"q{queue}" : $"'{Key}'")}"
        + $"{(Mandatory ? " mandatory" : "")} {Canon.Properties(Properties)}";
}

internal sealed record Get(int Channel, int Queue, bool NoAck) : Operation
{
    public override async Task<string> PlayAsync(Stage stage)
    {
        var answer = await stage.CallAsync(Channel, new BasicGet(stage.Queue(Queue), NoAck));
        if (answer.Method is BasicGetOk ok && !NoAck) stage.Holds(Channel, ok.DeliveryTag);
        return stage.Words(answer);
    }

    public override string ToString() => $"ch{Channel} get q{Queue}{(NoAck ? " no-ack" : "")}";
}

internal enum Verdict
{
    Ack,
    Nack,
    Reject,
}

/// <summary>Settles one of what the channel holds, or nothing where it holds nothing.</summary>
internal sealed record Settle(int Channel, Verdict Verdict, int Pick, bool Multiple, bool Requeue) : Operation
{
    public override int? Behind => Channel;

    public override async Task<string> PlayAsync(Stage stage)
    {
        if (stage.Pick(Channel, Pick, Multiple && Verdict != Verdict.Reject) is not { } tag) return "holds nothing";
        await stage.SendAsync(Channel, Verdict switch
        {
            Verdict.Ack => new BasicAck(tag, Multiple),
            Verdict.Nack => new BasicNack(tag, Multiple, Requeue),
            _ => new BasicReject(tag, Requeue),
        });
        return "";
    }

    public override string ToString() =>
        $"ch{Channel} {Verdict} #{Pick}{(Multiple && Verdict != Verdict.Reject ? " multiple" : "")}{(Requeue && Verdict != Verdict.Ack ? " requeue" : "")}";
}

/// <summary>Settles what the channel never had.</summary>
internal sealed record SettleUnknown(int Channel, Verdict Verdict) : Operation
{
    public override int? Behind => Channel;

    public override async Task<string> PlayAsync(Stage stage)
    {
        await stage.SendAsync(Channel, Verdict switch
        {
            Verdict.Ack => new BasicAck(9999, false),
            Verdict.Nack => new BasicNack(9999, false, true),
            _ => new BasicReject(9999, true),
        });
        return "";
    }

    public override string ToString() => $"ch{Channel} {Verdict} unknown";
}

internal sealed record Recover(int Channel) : Operation
{
    public override async Task<string> PlayAsync(Stage stage)
    {
        stage.Release(Channel);
        return await stage.AskAsync(Channel, new BasicRecover(Requeue: true));
    }

    public override string ToString() => $"ch{Channel} recover";
}
