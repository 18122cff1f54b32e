namespace Broker.Client.TestRun;

/// <summary>Where recorders show what they record, for a watch over the whole run; nobody, in projects without one.</summary>
internal static class Seen
{
    public static Action<string, string?>? Text { get; set; }
}
