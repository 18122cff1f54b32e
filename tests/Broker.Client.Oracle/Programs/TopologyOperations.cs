using Broker.Client.Oracle.Playing;
using Broker.Client.Testing;

namespace Broker.Client.Oracle.Programs;

internal sealed record DeclareQueue(int Channel, int Queue, QueueSpec Spec) : Operation
{
    public override bool StartsClock => Spec.Arguments.Values.Contains(Generator.Short);

    public override async Task<string> PlayAsync(Stage stage)
    {
        var name = Spec.Unnamed ? "" : stage.Queue(Queue);
        var answer = await stage.CallAsync(Channel,
            new QueueDeclare(name, Passive: false, Spec.Durable, Spec.Exclusive, Spec.AutoDelete, NoWait: false, Spec.Named(stage)));
        if (answer.Method is QueueDeclareOk ok)
        {
            stage.Declared(Queue, ok.Queue, Spec.Exclusive ? Stage.LineOf(Channel) : null);
            if (Spec.Type == "stream") stage.Streams.Add(ok.Queue);
            else stage.Streams.Remove(ok.Queue);
        }

        return stage.Words(answer);
    }

    public override string ToString() => $"ch{Channel} declare q{Queue}: {Spec}";
}

internal sealed record FindQueue(int Channel, int Queue) : Operation
{
    public override Task<string> PlayAsync(Stage stage) => stage.AskAsync(Channel, new QueueDeclare(
        stage.Queue(Queue), Passive: true, Durable: false, Exclusive: false, AutoDelete: false, NoWait: false, Arguments: null));

    public override string ToString() => $"ch{Channel} find q{Queue}";
}

internal sealed record DeleteQueue(int Channel, int Queue, bool IfUnused, bool IfEmpty) : Operation
{
    public override Task<string> PlayAsync(Stage stage) =>
        stage.AskAsync(Channel, new QueueDelete(stage.Queue(Queue), IfUnused, IfEmpty, NoWait: false));

    public override string ToString() => $"ch{Channel} delete q{Queue}{(IfUnused ? " if unused" : "")}{(IfEmpty ? " if empty" : "")}";
}

internal sealed record PurgeQueue(int Channel, int Queue) : Operation
{
    public override Task<string> PlayAsync(Stage stage) => stage.AskAsync(Channel, new QueuePurge(stage.Queue(Queue), NoWait: false));

    public override string ToString() => $"ch{Channel} purge q{Queue}";
}

internal sealed record DeclareExchange(int Channel, int Exchange, string Type, bool Durable, bool AutoDelete, bool Internal, int? Alternate)
    : Operation
{
    public override Task<string> PlayAsync(Stage stage)
    {
        var arguments = new Dictionary<string, object?>();
        if (Alternate is { } other) arguments["alternate-exchange"] = stage.Exchange(other);
        return stage.AskAsync(Channel,
            new ExchangeDeclare(stage.Exchange(Exchange), Type, Passive: false, Durable, AutoDelete, Internal, NoWait: false, arguments));
    }

    public override string ToString() =>
        $"ch{Channel} declare e{Exchange}: {Type}{(Durable ? "" : " transient")}{(AutoDelete ? " auto-delete" : "")}{(Internal ? " internal" : "")}"
        + (Alternate is { } other ? $" alternate=e{other}" : "");
}

internal sealed record DeleteExchange(int Channel, int Exchange, bool IfUnused) : Operation
{
    public override Task<string> PlayAsync(Stage stage) =>
        stage.AskAsync(Channel, new ExchangeDelete(stage.Exchange(Exchange), IfUnused, NoWait: false));

    public override string ToString() => $"ch{Channel} delete e{Exchange}{(IfUnused ? " if unused" : "")}";
}

internal sealed record BindQueue(int Channel, int Queue, int Exchange, string Key, IReadOnlyDictionary<string, object?> Arguments) : Operation
{
    public override Task<string> PlayAsync(Stage stage) =>
        stage.AskAsync(Channel, new QueueBind(stage.Queue(Queue), stage.Exchange(Exchange), Key, NoWait: false, Arguments));

    public override string ToString() => $"ch{Channel} bind q{Queue} to e{Exchange} by '{Key}' {Canon.Value(Arguments)}";
}

internal sealed record UnbindQueue(int Channel, int Queue, int Exchange, string Key, IReadOnlyDictionary<string, object?> Arguments) : Operation
{
    public override Task<string> PlayAsync(Stage stage) =>
        stage.AskAsync(Channel, new QueueUnbind(stage.Queue(Queue), stage.Exchange(Exchange), Key, Arguments));

    public override string ToString() => $"ch{Channel} unbind q{Queue} from e{Exchange} by '{Key}' {Canon.Value(Arguments)}";
}

internal sealed record BindExchange(int Channel, int Destination, int Source, string Key) : Operation
{
    public override Task<string> PlayAsync(Stage stage) => stage.AskAsync(Channel,
        new ExchangeBind(stage.Exchange(Destination), stage.Exchange(Source), Key, NoWait: false, Arguments: null));

    public override string ToString() => $"ch{Channel} bind e{Destination} to e{Source} by '{Key}'";
}
