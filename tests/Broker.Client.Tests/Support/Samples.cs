namespace Broker.Client.Tests.Support;

/// <summary>Values that many tests need and that none of them is about.</summary>
internal static class Samples
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Waits for what another thread is about to do; the limit only turns a hang into a failure.</summary>
    public static Task SoonAsync(this Task task) => task.WaitAsync(Patience, TimeProvider.System);

    public static Task<T> SoonAsync<T>(this Task<T> task) => task.WaitAsync(Patience, TimeProvider.System);

    /// <summary>A name of so many bytes in UTF-8.</summary>
    public static string Name(int bytes) => new('n', bytes);
}
