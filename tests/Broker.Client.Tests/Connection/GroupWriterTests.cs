using Microsoft.Extensions.Time.Testing;

namespace Broker.Client.Tests.Connection;

public sealed class GroupWriterTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _clock = new();
    private readonly GatedStream _inner = new();
    private readonly TaskCompletionSource _failed = new();
    private readonly GroupWriter _writer;

    public GroupWriterTests()
    {
        _writer = new GroupWriter(_inner, _clock, () => _failed.TrySetResult());
        _clock.Advance(TimeSpan.FromSeconds(1));
    }

    public void Dispose() => _inner.Dispose();

    [Fact]
    public void A_write_after_a_pause_goes_out_in_its_own_turn_and_uncopied()
    {
        var bytes = new byte[] { 1, 2, 3 };

        Assert.True(WriteAsync(bytes).IsCompletedSuccessfully);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(WriteAsync(bytes).IsCompletedSuccessfully);

        Assert.Equal([bytes.AsMemory(), bytes.AsMemory()], _inner.Sends);
    }

    [Fact]
    public async Task What_comes_while_a_send_is_under_way_makes_the_next_one()
    {
        await WriteAsync(new byte[] { 0 });
        _inner.Shut();
        Assert.True(WriteAsync(new byte[] { 1 }).IsCompletedSuccessfully);
        await _inner.EnteredAsync(2);
        for (byte i = 2; i < 100; i++)
            Assert.True(WriteAsync(new[] { i }).IsCompletedSuccessfully);
        _inner.Open();
        await _inner.SentAsync(100);

        Assert.Equal((3, 100), (_inner.Sends.Count, _inner.Total));
        Assert.Equal((100, 3), (_writer.Writes, _writer.Sends));
        Assert.Equal(Enumerable.Range(0, 100).Select(static i => (byte)i), _inner.Everything());
    }

    [Fact]
    public async Task A_large_write_is_not_copied_and_goes_after_what_was_gathered()
    {
        var large = new byte[GroupWriter.PassThrough];
        await WriteAsync(new byte[] { 0 });
        _inner.Shut();
        await WriteAsync(new byte[] { 1 });
        await _inner.EnteredAsync(2);
        await WriteAsync(new byte[] { 2 });
        var writing = WriteAsync(large);
        Assert.False(writing.IsCompleted);

        _inner.Open();
        await writing.WaitAsync(s_patience);

        Assert.Equal([1, 1, 1, large.Length], _inner.Sends.Select(static sent => sent.Length));
        Assert.True(_inner.Sends[^1].Equals(large.AsMemory()));
    }

    [Fact]
    public void A_large_write_on_the_heels_of_another_goes_out_in_its_own_turn_and_uncopied()
    {
        var large = new byte[GroupWriter.PassThrough];

        Assert.True(WriteAsync(new byte[] { 1 }).IsCompletedSuccessfully);
        Assert.True(WriteAsync(large).IsCompletedSuccessfully);

        Assert.Equal([1, large.Length], _inner.Sends.Select(static sent => sent.Length));
        Assert.True(_inner.Sends[^1].Equals(large.AsMemory()));
    }

    [Fact]
    public async Task What_is_gathered_is_bounded()
    {
        await WriteAsync(new byte[] { 0 });
        _inner.Shut();
        await WriteAsync(new byte[] { 1 });
        await _inner.EnteredAsync(2);
        var taken = 0;
        Task writing;
        while ((writing = WriteAsync(new byte[1024])).IsCompletedSuccessfully)
            taken++;

        Assert.Equal(256, taken);
        _inner.Open();
        await writing.WaitAsync(s_patience);
        Assert.Equal(2 + 257 * 1024, _inner.Total);
    }

    [Fact]
    public async Task A_failed_send_ends_the_connection_and_is_told_to_the_next_write()
    {
        await WriteAsync(new byte[] { 0 });
        _inner.Fail(new IOException("broken pipe"));
        await WriteAsync(new byte[] { 1 });

        await _failed.Task.WaitAsync(s_patience);
        var error = await Assert.ThrowsAsync<IOException>(() => WriteAsync(new byte[] { 2 }));
        Assert.Equal("An earlier send on this connection failed: broken pipe", error.Message);
    }

    [Fact]
    public async Task A_write_that_waits_behind_a_failing_one_fails_too()
    {
        await WriteAsync(new byte[] { 0 });
        _inner.Shut();
        await WriteAsync(new byte[] { 1 });
        await _inner.EnteredAsync(2);
        var writing = WriteAsync(new byte[GroupWriter.PassThrough]);
        _inner.Fail(new IOException("broken pipe"));
        _inner.Open();

        await Assert.ThrowsAsync<IOException>(() => writing.WaitAsync(s_patience));
    }

    [Fact]
    public async Task The_last_words_are_sent_before_the_end()
    {
        await WriteAsync(new byte[] { 0 });
        _inner.Shut();
        await WriteAsync(new byte[] { 1 });
        await _inner.EnteredAsync(2);
        await WriteAsync(new byte[] { 2 });
        var ended = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        _writer.WhenDrained(() => ended.SetResult(_inner.Total));
        Assert.False(ended.Task.IsCompleted);

        _inner.Open();

        Assert.Equal(3, await ended.Task.WaitAsync(s_patience));
    }

    [Fact]
    public void With_nothing_to_send_the_end_comes_at_once()
    {
        var ended = false;

        _writer.WhenDrained(() => ended = true);

        Assert.True(ended);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_bytes_keep_their_order(int seed)
    {
        var random = new Random(seed);
        var all = new List<byte>();
        for (var i = 0; i < 3_000; i++)
        {
            var bytes = new byte[random.Next(100) == 0 ? random.Next(1, 60_000) : random.Next(1, 2_000)];
            random.NextBytes(bytes);
            all.AddRange(bytes);
            await WriteAsync(bytes.ToArray()).WaitAsync(s_patience);
            if (random.Next(10) == 0)
                _clock.Advance(TimeSpan.FromMilliseconds(1));
        }

        await _inner.SentAsync(all.Count);
        Assert.Equal(all, _inner.Everything());
        Assert.True(_writer.Sends < 3_000, $"{_writer.Sends} sends");
    }

    private Task WriteAsync(ReadOnlyMemory<byte> bytes) => _writer.WriteAsync(bytes, default).AsTask();

    /// <summary>Takes writes, holds them at a gate while that is shut, and remembers them.</summary>
    private sealed class GatedStream : MemoryStream
    {
        private readonly Lock _lock = new();
        private readonly List<ReadOnlyMemory<byte>> _sends = [];
        private readonly List<byte> _everything = [];
        private TaskCompletionSource _changed = new();
        private TaskCompletionSource? _gate;
        private Exception? _failure;
        private int _entered;

        public IReadOnlyList<ReadOnlyMemory<byte>> Sends
        {
            get
            {
                lock (_lock)
                    return [.. _sends];
            }
        }

        public int Total
        {
            get
            {
                lock (_lock)
                    return _everything.Count;
            }
        }

        public byte[] Everything()
        {
            lock (_lock)
                return [.. _everything];
        }

        public void Shut() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Open()
        {
            var gate = _gate;
            _gate = null;
            gate?.SetResult();
        }

        public void Fail(Exception error) => _failure = error;

        public Task EnteredAsync(int count) => UntilAsync(() => _entered >= count);

        public Task SentAsync(int bytes) => UntilAsync(() => _everything.Count >= bytes);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var gate = _gate;
            lock (_lock)
            {
                _entered++;
                Change();
            }

            if (gate is not null)
                await gate.Task.WaitAsync(cancellationToken);
            if (_failure is not null)
                throw _failure;
            lock (_lock)
            {
                _sends.Add(buffer);
                _everything.AddRange(buffer.Span);
                Change();
            }
        }

        private void Change()
        {
            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.TrySetResult();
        }

        private async Task UntilAsync(Func<bool> condition)
        {
            while (true)
            {
                Task changed;
                lock (_lock)
                {
                    if (condition())
                        return;
                    changed = _changed.Task;
                }

                await changed.WaitAsync(s_patience);
            }
        }
    }
}
