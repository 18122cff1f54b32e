namespace Broker.Client.Testing;

internal enum BrokerAct
{
    StoreThenCut,
    Cut,
    WithholdConfirm,
    Nack,
    Return,
    Delay,
    CloseChannel,
    CloseConnection,
    CancelConsumer,
}

/// <summary>A fault as the connections meet it.</summary>
internal sealed class PlannedFault(BrokerAct act)
{
    private readonly List<Action> _kept = [];

    public BrokerAct Act => act;

    public CutKind Cut { get; init; }

    public ushort Code { get; init; }

    public string Text { get; init; } = "";

    public TimeSpan Delay { get; init; }

    public ArmedFault Handle { get; set; } = null!;

    /// <summary>Done when the fault is lifted; now, if that has happened.</summary>
    public void Keep(Action action)
    {
        lock (_kept)
        {
            if (!Handle.IsLifted)
            {
                _kept.Add(action);
                return;
            }
        }

        action();
    }

    public void LetGo()
    {
        List<Action> kept;
        lock (_kept)
        {
            kept = [.. _kept];
            _kept.Clear();
        }

        foreach (var action in kept) action();
    }

    public BrokerError Error() => new(Code, Text, isConnectionError: act == BrokerAct.CloseConnection);
}
