namespace Broker.Client.Testing;

/// <summary>Plays a schedule. A fault starts within the pump that reaches the trigger, so that not one more frame or
/// byte gets past it.</summary>
internal sealed class FaultPlayer(FaultProxy proxy)
{
    /// <summary>Called when a step begins to wait for its trigger; what passes from then on counts.</summary>
    public Action? Armed { get; init; }

    public async Task PlayAsync(FaultSchedule schedule, CancellationToken token)
    {
        foreach (var step in schedule.Steps)
        {
            Action lift = static () => { };
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var trigger = Arm(step, () =>
            {
                lift = Start(step);
                started.TrySetResult();
            }, token);
            Armed?.Invoke();
            try
            {
                await started.Task.WaitAsync(token).ConfigureAwait(false);
                if (Lasts(step.Fault)) await Task.Delay(step.Duration, proxy.Time, token).ConfigureAwait(false);
            }
            finally
            {
                trigger?.Lift();
                lift();
            }
        }
    }

    private ArmedFault? Arm(FaultStep step, Action start, CancellationToken token)
    {
        var name = $"{step.Fault} after {step.After} {step.Trigger}";
        switch (step.Trigger)
        {
            case FaultTrigger.Frames:
                return proxy.On(Frames.Any.Number(Math.Max(1, step.After))).Call(name, _ => start());
            case FaultTrigger.Bytes:
                return proxy.Both.After(name, step.After, _ => start());
            default:
                _ = WaitAsync(step, start, token);
                return null;
        }
    }

    private async Task WaitAsync(FaultStep step, Action start, CancellationToken token)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(step.After), proxy.Time, token).ConfigureAwait(false);
        start();
    }

    private Action Start(FaultStep step)
    {
        switch (step.Fault)
        {
            case ScheduledFault.Stall:
                return proxy.Both.Stall().Lift;
            case ScheduledFault.Delay:
                return proxy.Both.Delay(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(10)).Lift;
            case ScheduledFault.Slice:
                return proxy.Both.Slice(3).Lift;
            case ScheduledFault.Swallow:
                var swallow = proxy.Both.Swallow();
                return () =>
                {
                    // What was lost leaves the frames broken: nobody can go on.
                    EndAll(CutKind.Reset);
                    swallow.Lift();
                };
            case ScheduledFault.Refuse:
                var refuse = proxy.RefuseConnections();
                EndAll(CutKind.Reset);
                return refuse.Lift;
            default:
                EndAll(step.Fault == ScheduledFault.Close ? CutKind.Close : CutKind.Reset);
                return static () => { };
        }
    }

    private static bool Lasts(ScheduledFault fault) => fault is not (ScheduledFault.Close or ScheduledFault.Reset);

    private void EndAll(CutKind kind)
    {
        foreach (var connection in proxy.Connections)
            if (kind == CutKind.Close) connection.Close();
            else connection.Reset();
    }
}
