using System.Net.Sockets;

namespace Broker.Client.Testing;

// How a connection ends.
internal sealed partial class ServerConnection
{
    private const int LongestFarewell = 30;

    private CutKind? _cut;
    private volatile bool _isLeft;

    /// <summary>The broker closes the connection: the client has some seconds to agree.</summary>
    public void Close(ushort code, string text)
    {
        if (Site is null || _isLeft) Abort();
        else Between(() => Close(code, text, cause: null));
    }

    /// <summary>After the frame that is being handled the connection ends without a word. What was sent before
    /// arrives, where the kind allows it.</summary>
    public void Cut(CutKind kind)
    {
        _cut = kind;
        _stop.CancelAfter(s_patience);
    }

    /// <summary>No word, no wait.</summary>
    public void Abort(CutKind kind = CutKind.Close)
    {
        _cut = kind;
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It is over already.
        }
    }

    private void Close(ushort code, string text, Method? cause)
    {
        if (_closing) return;
        _closing = true;
        SuspendAll();
        _context.ConnectionsChanged();
        Outbox.Send(0, new ConnectionClose(code, text, cause?.ClassId ?? 0, cause?.MethodId ?? 0));
        _forced.TrySetResult();
        // It still has to answer; one that does not is cut.
        try
        {
            _stop.CancelAfter(s_patience);
        }
        catch (ObjectDisposedException)
        {
            // It is over already.
        }
    }

    private async Task FailAsync(Exception error)
    {
        var (code, text) = error switch
        {
            BrokerError broker => (broker.Code, broker.Text),
            AmqpSyntaxException syntax => (syntax.ReplyCode, Named(syntax)),
            _ => ((ushort)541, $"INTERNAL_ERROR - {error.GetType().Name}: {error.Message}"),
        };
        Close(code, text, Current);
        if (error is AmqpSyntaxException { ReplyCode: AmqpSyntaxException.FrameError }) return;
        try
        {
            while (await _frames.ReadAsync(Stopped).ConfigureAwait(false) is { } frame)
            {
                if (frame is { Channel: 0, Type: FrameType.Method }
                    && MethodTable.NameOf(frame.Payload.Span) is "connection.close-ok" or "connection.close")
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException
            or AmqpSyntaxException)
        {
            // What comes after an error no longer matters.
        }
    }

    private static string Named(AmqpSyntaxException error) => error.ReplyCode switch
    {
        AmqpSyntaxException.FrameError => "FRAME_ERROR - ",
        AmqpSyntaxException.SyntaxError => "SYNTAX_ERROR - ",
        _ => "COMMAND_INVALID - ",
    } + error.Message;

    // All of them before the first gives back what it holds, or the next would get it.
    private void SuspendAll() => Site?.Host.Suspend(_channels.Values.Select(static channel => channel.Unacked));

    private void Leave()
    {
        SuspendAll();
        // The channel that brought the connection down is the first to go.
        foreach (var channel in _channels.Values.OrderBy(channel => channel.Number != _failed)) channel.End();
        _channels.Clear();
        Site?.Host.CloseConnection(this);
    }

    // Closing a socket with bytes unread resets it, and the client would lose what was said to it last.
    private async Task ShutdownAsync()
    {
        try
        {
            if (_cut == CutKind.Reset)
            {
                _socket.LingerState = new(enable: true, seconds: 0);
                _socket.Close();
                return;
            }

            // The client that closed the connection closes the socket too: the end of the stream must not overtake it.
            if (_isLeft) await DrainAsync(Heartbeat is > 0 and < LongestFarewell ? Heartbeat : LongestFarewell)
                .ConfigureAwait(false);
            _socket.Shutdown(SocketShutdown.Send);
            await DrainAsync(seconds: 1).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It is gone.
        }
    }

    private async Task DrainAsync(int seconds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stopped);
        limit.CancelAfter(TimeSpan.FromSeconds(seconds));
        var rest = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(rest, limit.Token).ConfigureAwait(false) > 0)
            {
            }
        }
        catch (OperationCanceledException) when (!Stopped.IsCancellationRequested)
        {
            // It had its time.
        }
    }
}
