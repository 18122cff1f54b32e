using System.Runtime.CompilerServices;

namespace Broker.Client.Benchmarks.Publishing;

/// <summary>A publish that is under way, of whichever library. To be awaited once, which allocates nothing.</summary>
internal readonly struct Pending : ICriticalNotifyCompletion
{
    private readonly ValueTask<PublishResult> _ours;
    private readonly ValueTask _other;
    private readonly bool _isOurs;

    public Pending(ValueTask<PublishResult> ours)
    {
        _ours = ours;
        _isOurs = true;
    }

    public Pending(ValueTask other) => _other = other;

    public bool IsCompleted => _isOurs ? _ours.IsCompleted : _other.IsCompleted;

    public Pending GetAwaiter() => this;

    public void GetResult()
    {
        if (_isOurs)
            _ours.GetAwaiter().GetResult();
        else
            _other.GetAwaiter().GetResult();
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    public void UnsafeOnCompleted(Action continuation)
    {
        if (_isOurs)
            _ours.GetAwaiter().UnsafeOnCompleted(continuation);
        else
            _other.GetAwaiter().UnsafeOnCompleted(continuation);
    }
}
