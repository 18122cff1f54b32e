using Broker.Client.Testing;

namespace Broker.Client.Oracle.Wire;

/// <summary>A channel without a driver: calls in order, and everything that comes unasked in the order of coming.</summary>
internal sealed class RawChannel(RawConnection connection, ushort number)
{
    private readonly Lock _lock = new();
    private readonly Queue<TaskCompletionSource<Received>> _calls = [];
    private readonly List<Received> _unasked = [];
    private Received? _partial;
    private int _missing;

    /// <summary>False from the close on, by either side.</summary>
    public bool IsOpen { get; private set; } = true;

    /// <summary>How many publishes the channel has confirmed or will confirm.</summary>
    public ulong Published { get; set; }

    public async Task<Received> CallAsync(Method method)
    {
        var answer = Expect();
        await SendAsync(method);
        return await answer;
    }

    /// <summary>Several calls in one packet.</summary>
    public async Task<Received[]> CallAllAsync(IReadOnlyList<Method> methods)
    {
        var answers = methods.Select(_ => Expect()).ToList();
        await connection.SendAsync(writer =>
        {
            if (IsOpen) foreach (var method in methods) writer.MethodFrame(number, method);
        });
        return await Task.WhenAll(answers);
    }

    // Not behind the answer to a close: the broker would take it for a channel that was never opened.
    public Task SendAsync(Method method) => connection.SendAsync(writer =>
    {
        if (IsOpen) writer.MethodFrame(number, method);
    });

    public Task PublishAsync(BasicPublish method, MessageProperties properties, byte[] body)
    {
        Published++;
        return connection.SendAsync(writer =>
        {
            if (IsOpen) writer.ContentFrames(number, method, ContentHeader.Of(properties, (ulong)body.Length), body, Tuning.FrameMax);
        });
    }

    /// <summary>What came unasked since it was last asked for.</summary>
    public List<Received> TakeUnasked()
    {
        lock (_lock)
        {
            List<Received> taken = [.. _unasked];
            _unasked.Clear();
            return taken;
        }
    }

    public void Take(Frame frame)
    {
        if (frame.Type == FrameType.Method)
        {
            var method = Method.Read(frame.Payload.Span);
            if (method is BasicDeliver or BasicReturn or BasicGetOk) _partial = Received.Without(method);
            else Take(Received.Without(method));
            return;
        }

        if (frame.Type == FrameType.Header)
        {
            var header = ContentHeader.Read(frame.Payload.Span);
            _partial = _partial! with { Properties = header.Properties, Body = new byte[header.BodySize] };
            _missing = _partial.Body.Length;
        }
        else
        {
            frame.Payload.Span.CopyTo(_partial!.Body.AsSpan(_partial.Body.Length - _missing));
            _missing -= frame.Payload.Length;
        }

        if (_missing == 0) Take(_partial!);
    }

    /// <summary>The connection is over, by this method or without a word: nothing is answered any more.</summary>
    public void End(Received last)
    {
        List<TaskCompletionSource<Received>> waiting;
        lock (_lock)
        {
            IsOpen = false;
            waiting = [.. _calls];
            _calls.Clear();
        }

        foreach (var call in waiting) call.TrySetResult(last);
    }

    private void Take(Received received)
    {
        TaskCompletionSource<Received>? answered = null;
        lock (_lock)
        {
            if (received.Method is ChannelClose)
            {
                _unasked.Add(received);
            }
            else if (received.Method is BasicDeliver or BasicReturn or BasicAck or BasicNack or BasicCancel)
            {
                _unasked.Add(received);
                return;
            }
            else
            {
                answered = _calls.Dequeue();
                if (received.Method is ChannelCloseOk) IsOpen = false;
            }
        }

        answered?.TrySetResult(received);
        if (received.Method is not ChannelClose) return;
        End(received);
        _ = connection.SendAsync(writer => writer.MethodFrame(number, new ChannelCloseOk()));
    }

    private Task<Received> Expect()
    {
        var call = new TaskCompletionSource<Received>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (IsOpen) _calls.Enqueue(call);
            else call.SetResult(Received.Without(new ChannelClose(0, "closed before", 0, 0)));
        }

        return call.Task;
    }
}
