using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Broker.Client;

/// <summary>
/// The client's state, the worse of its two connections, and its changes told in their order: on a thread of the pool,
/// never on the driver's reader and never under a lock.
/// </summary>
internal sealed class StateWatch(ILogger logger)
{
    private readonly Lock _lock = new();
    private readonly Queue<BrokerStateChangedEventArgs> _changes = new();
    private ConnectionSupervisor[] _connections = [];
    private BrokerConnectionState _state = BrokerConnectionState.Idle;
    private bool _telling;

    public event EventHandler<BrokerStateChangedEventArgs>? Changed;

    public object? Sender { get; set; }

    public BrokerConnectionState State
    {
        get
        {
            lock (_lock)
                return _state;
        }
    }

    public void Watch(params ConnectionSupervisor[] connections) => _connections = connections;

    public void Update(ConnectionSupervisor changed)
    {
        lock (_lock)
        {
            var worst = _connections.Select(connection => connection.State).DefaultIfEmpty(BrokerConnectionState.Idle).Max();
            if (worst == _state)
                return;
            var cause = worst is BrokerConnectionState.Connecting or BrokerConnectionState.Faulted ? changed.LastError : null;
            var reason = worst == BrokerConnectionState.Blocked
                ? _connections.Select(connection => connection.BlockedReason).FirstOrDefault(text => text is not null)
                : cause?.Message;
            _changes.Enqueue(new BrokerStateChangedEventArgs(_state, worst, cause, reason));
            _state = worst;
            if (_telling)
                return;
            _telling = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static watch => watch.TellAll(), this, preferLocal: false);
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types",
        Justification = "A subscriber may throw anything; the others are told all the same.")]
    private void TellAll()
    {
        while (true)
        {
            BrokerStateChangedEventArgs? change;
            lock (_lock)
            {
                if (!_changes.TryDequeue(out change))
                {
                    _telling = false;
                    return;
                }
            }

            foreach (var subscriber in Changed?.GetInvocationList() ?? [])
            {
                try
                {
                    ((EventHandler<BrokerStateChangedEventArgs>)subscriber)(Sender, change);
                }
                catch (Exception error)
                {
                    Log.StateSubscriberFailed(logger, error);
                }
            }
        }
    }
}
