namespace Broker.Client.Testing;

/// <summary>Finds the fault that acts on a frame, and lets it act. Runs under the pump's gate.</summary>
internal sealed class FrameActor(FaultProxy proxy, ProxyConnection connection, FaultDirection direction,
    LineWriter line, CancellationToken ended)
{
    private readonly ContentTracker _contents = new();
    private readonly List<AsideUnit> _aside = [];
    private long _frames;

    internal readonly record struct Step(
        FrameSeen Frame, FrameFault? Fault, OpenContent? Content, bool IsFirst, bool IsLast);

    /// <summary>Whether something that was put aside may go now.</summary>
    public bool HasReady => _aside.Count > 0 && _aside.Exists(CanGo);

    public Step See(ReadOnlySpan<byte> bytes)
    {
        var frame = FrameCutter.See(bytes, connection.Number, direction, ++_frames);
        var content = _contents.Of(frame);
        var isLast = content is null || _contents.Ends(frame, bytes);
        var first = proxy.FaultOn(frame);
        if (content?.Fault is { } fault) return new Step(frame, fault, content, IsFirst: false, isLast);

        if (_contents.Open(frame) is { } opened && first is { TakesContent: true })
        {
            opened.Fault = first;
            return new Step(frame, first, opened, IsFirst: true, IsLast: false);
        }

        return new Step(frame, first, null, IsFirst: true, IsLast: true);
    }

    public void PutAside(ReadOnlyMemory<byte> bytes)
    {
        var channel = bytes.Length < Frame.HeadSize ? (ushort)0 : (ushort)(bytes.Span[1] << 8 | bytes.Span[2]);
        var unit = new AsideUnit(null, channel) { IsWhole = true };
        unit.Bytes.Raw(bytes.Span);
        _aside.Add(unit);
    }

    public async ValueTask LetGoAsync()
    {
        while (_aside.Find(CanGo) is { } unit)
        {
            _aside.Remove(unit);
            await line.SendAsync(unit.Bytes.Written).ConfigureAwait(false);
        }
    }

    public async ValueTask ActAsync(Step step, Memory<byte> bytes)
    {
        var fault = step.Fault;
        switch (fault?.Action)
        {
            case FrameAction.CutBefore:
                await EndAsync(step).ConfigureAwait(false);
                return;
            case FrameAction.Drop:
                if (step.IsFirst) Bite(step);
                return;
            case FrameAction.Hold:
                if (step.IsFirst) Bite(step);
                Aside(step).Bytes.Raw(bytes.Span);
                return;
            case FrameAction.Delay:
                Bite(step);
                await Task.Delay(fault.Delay, proxy.Time, ended).ConfigureAwait(false);
                break;
            case FrameAction.CorruptByte when bytes.Length > Frame.Overhead:
                Bite(step);
                bytes.Span[Frame.HeadSize + Math.Min(fault.Offset, bytes.Length - Frame.Overhead - 1)] ^= 0xFF;
                break;
            case FrameAction.CorruptEnd:
                Bite(step);
                bytes.Span[^1] ^= 0xFF;
                break;
            case FrameAction.InjectBefore:
                Bite(step);
                await line.SendAsync(fault.Bytes).ConfigureAwait(false);
                break;
        }

        await line.SendAsync(bytes).ConfigureAwait(false);
        if (fault is not null) await AfterAsync(step, bytes).ConfigureAwait(false);
    }

    private async ValueTask AfterAsync(Step step, ReadOnlyMemory<byte> bytes)
    {
        var fault = step.Fault!;
        if (fault.Action == FrameAction.Duplicate)
        {
            var copy = Aside(step, kept: false).Bytes.Raw(bytes.Span);
            if (step.IsLast) await line.SendAsync(copy.Written).ConfigureAwait(false);
        }

        if (!step.IsLast) return;
        switch (fault.Action)
        {
            case FrameAction.CutAfter:
                await EndAsync(step).ConfigureAwait(false);
                break;
            case FrameAction.InjectAfter:
                await line.SendAsync(fault.Bytes).ConfigureAwait(false);
                Bite(step);
                break;
            case FrameAction.Duplicate:
                Bite(step);
                break;
            case FrameAction.Call:
                await line.DrainAsync().ConfigureAwait(false);
                Bite(step);
                fault.Callback!(connection);
                break;
        }
    }

    private async ValueTask EndAsync(Step step)
    {
        await line.DrainAsync().ConfigureAwait(false);
        Bite(step);
        connection.End(step.Fault!.Cut, FaultDirection.Both);
    }

    private AsideUnit Aside(Step step, bool kept = true)
    {
        var unit = step.Content?.Aside ?? new AsideUnit(step.Fault, step.Frame.Channel);
        if (step.Content is { } content) content.Aside = unit;
        if (step.IsFirst && kept) _aside.Add(unit);
        unit.IsWhole = step.IsLast;
        return unit;
    }

    // Between a method and its content nothing else may come on the same channel.
    private bool CanGo(AsideUnit unit) => unit.MayGo && !_contents.IsOpen(unit.Channel);

    private void Bite(Step step) => step.Fault!.Handle.Bite(connection.Number, direction, step.Frame.Number);
}
