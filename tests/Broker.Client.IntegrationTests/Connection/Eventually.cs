namespace Broker.Client.IntegrationTests.Connection;

/// <summary>For what no signal tells: looks again until it is so, or fails by name.</summary>
internal static class Eventually
{
    public static Task IsTrueAsync(string what, Func<bool> look, TimeSpan? limit = null) =>
        IsTrueAsync(what, () => Task.FromResult(look()), limit);

    public static async Task IsTrueAsync(string what, Func<Task<bool>> look, TimeSpan? limit = null)
    {
        var patience = limit ?? TimeSpan.FromSeconds(20);
        var began = TimeProvider.System.GetTimestamp();
        while (!await look())
        {
            Assert.False(TimeProvider.System.GetElapsedTime(began) > patience, $"Waited {patience.TotalSeconds} s for: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }
    }
}
