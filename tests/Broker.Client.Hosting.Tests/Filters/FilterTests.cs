using Broker.Client.Hosting.Tests.Support;
using Broker.Client.IntegrationTests.Brokers;
using Broker.Client.IntegrationTests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Broker.Client.Hosting.Tests.Filters;

/// <summary>Filters that the container makes: around publishes, handlers and batches, in their order and their scope.</summary>
public sealed class FilterTests(BrokerFixture brokers)
{
    [Fact]
    public async Task Consume_filters_share_the_scope_of_their_handler_and_stand_within_those_of_the_options()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, steps) = (probe.NewName(), new Steps());
        await using var app = await App.Build(brokers.Shared.Uri, broker =>
        {
            broker.Services.AddSingleton(steps).AddScoped<Unit>();
            broker.ConfigureHosting(App.WithBroker).DeclareQueue(queue)
                .AddConsumeFilter<First>()
                .AddConsumer<StepHandler, string>(queue, consumer => consumer.Filters.Add(new Outer(steps)))
                .AddConsumeFilter<Second>();
        }).StartAsync();

        await probe.PublishAsync(queue, "x", "y");
        await steps.All.ReachAsync(10);

        Assert.Equal(
            ["outer", "first 1", "second 1", "handler 1", "end 1", "outer", "first 2", "second 2", "handler 2", "end 2"],
            steps.All.All);
    }

    [Fact]
    public async Task A_batch_is_filtered_in_its_scope()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, steps) = (probe.NewName(), new Steps());
        await using var app = await App.Build(brokers.Shared.Uri, broker =>
        {
            broker.Services.AddSingleton(steps).AddScoped<Unit>();
            broker.ConfigureHosting(App.WithBroker).DeclareQueue(queue).AddConsumeFilter<First>().AddBatchConsumer(
                queue,
                (services, batch, _) =>
                {
                    services.GetRequiredService<Unit>().Step($"batch of {batch.Count}");
                    return Task.CompletedTask;
                },
                size: 2, maxWait: TimeSpan.FromMinutes(1));
        }).StartAsync();

        await probe.PublishAsync(queue, "x", "y");

        Assert.Equal(["first 1", "batch of 2 1", "end 1"], await steps.All.ReachAsync(3));
    }

    [Fact]
    public async Task A_publish_filter_may_depend_on_the_client_and_stands_around_typed_publishers_too()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, steps) = (probe.NewName(), new Steps());
        await using var app = await App.Build(brokers.Shared.Uri, broker =>
        {
            broker.Services.AddSingleton(steps);
            broker.ConfigureHosting(App.WithBroker).DeclareQueue(queue).AddPublishFilter<Stamp>().AddPublisher<string>("", queue);
        }).StartAsync();

        await app.Host.Services.GetRequiredService<IPublisher<string>>().PublishAsync("typed").AsTask().InTime();
        await app.Host.Services.GetRequiredService<IPublisher>().SendAsync(queue, "plain").AsTask().InTime();

        Assert.Equal(["stamped typed", "stamped plain"], (await probe.DrainAsync(queue)).Select(each => $"{each.Header("stamp")} {each.Text}"));
        Assert.Equal(2, steps.All.Count);
    }

    [Fact]
    public async Task What_cannot_be_made_or_would_not_see_batches_fails_the_start()
    {
        await using var missing = App.Build(brokers.Shared.Uri, static broker => broker.AddConsumeFilter<First>());
        await using var publishing = App.Build(brokers.Shared.Uri, static broker => broker.AddPublishFilter<Stamp>());
        await using var single = App.Build(brokers.Shared.Uri, static broker =>
        {
            broker.Services.AddSingleton<Steps>().AddScoped<Unit>();
            broker.AddConsumeFilter<Second>().AddBatchConsumer("orders", static (_, _, _) => Task.CompletedTask, 10, TimeSpan.FromSeconds(1));
        });

        Assert.Contains(nameof(Unit), (await Assert.ThrowsAsync<InvalidOperationException>(missing.StartAsync)).Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Steps), (await Assert.ThrowsAsync<InvalidOperationException>(publishing.StartAsync)).Message, StringComparison.Ordinal);
        Assert.Contains(nameof(IBatchFilter), (await Assert.ThrowsAsync<InvalidOperationException>(single.StartAsync)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_copy_is_handled_once_and_what_its_scope_failed_to_write_again()
    {
        await using var probe = await brokers.Shared.ProbeAsync();
        var (queue, steps) = (probe.NewName(), new Steps { EndFailures = 1 });
        await using var app = await App.Build(brokers.Shared.Uri, broker =>
        {
            broker.Services.AddSingleton(steps).AddScoped<Unit>();
            broker.ConfigureHosting(App.WithBroker).DeclareQueue(queue).AddDeduplication().AddConsumer<StepHandler, string>(
                queue, static consumer => consumer.FailurePolicy = FailurePolicy.Retry(delay: TimeSpan.FromMilliseconds(1)));
        }).StartAsync();

        foreach (var id in new[] { "1", "1", "2" })
            await app.Broker.SendAsync(queue, new Message { MessageId = id, ContentType = "text/plain" }).AsTask().InTime();
        await steps.All.ReachAsync(6);
        await app.StopAsync();

        Assert.Equal(["handler 1", "end 1", "handler 2", "end 2", "handler 3", "end 3"], steps.All.All);
        Assert.Equal(0u, await probe.CountAsync(queue));
    }

    [Fact]
    public void Deduplication_within_the_scope_of_the_handler_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() => new ServiceCollection().AddBroker("amqp://localhost").AddConsumeFilter<DeduplicationFilter>());

        Assert.Contains("AddDeduplication", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What has happened, in order.</summary>
    private sealed class Steps
    {
        private int _units;

        public Collected<string> All { get; } = new();

        public int EndFailures { get; set; }

        public int NextUnit() => Interlocked.Increment(ref _units);
    }

    /// <summary>One a scope.</summary>
    private sealed class Unit(Steps steps) : IDisposable
    {
        private int _number;

        public void Step(string what)
        {
            if (_number == 0)
                _number = steps.NextUnit();
            steps.All.Add($"{what} {_number}");
        }

        public void Dispose()
        {
            if (_number == 0)
                return; // of what is made when the host starts
            steps.All.Add($"end {_number}");
            if (steps.EndFailures-- > 0)
                throw new TimeoutException("It could not be written.");
        }
    }

    private sealed class First(Unit unit) : IBatchFilter
    {
        public ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken)
        {
            unit.Step("first");
            return next(delivery, cancellationToken);
        }

        public ValueTask HandleBatchAsync(IReadOnlyList<Delivery> deliveries, BatchNext next, CancellationToken cancellationToken)
        {
            unit.Step("first");
            return next(deliveries, cancellationToken);
        }
    }

    private sealed class Second(Unit unit) : IConsumeFilter
    {
        public ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken)
        {
            unit.Step("second");
            return next(delivery, cancellationToken);
        }
    }

    private sealed class Outer(Steps steps) : IConsumeFilter
    {
        public ValueTask HandleAsync(Delivery delivery, ConsumeNext next, CancellationToken cancellationToken)
        {
            steps.All.Add("outer");
            return next(delivery, cancellationToken);
        }
    }

    private sealed class StepHandler(Unit unit) : IMessageHandler<string>
    {
        public Task HandleAsync(string message, Delivery delivery, CancellationToken cancellationToken)
        {
            unit.Step("handler");
            return Task.CompletedTask;
        }
    }

    private sealed class Stamp(Steps steps, BrokerClient broker) : IPublishFilter
    {
        public ValueTask<PublishResult> PublishAsync(Publication publication, PublishNext next, CancellationToken cancellationToken)
        {
            steps.All.Add($"{broker.State}");
            var message = publication.Message.Copy();
            message.Headers["stamp"] = "stamped";
            return next(publication with { Message = message }, cancellationToken);
        }
    }
}
