using Broker.Client.Tests.Support;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Broker.Client.Tests.Consuming;

/// <summary>
/// Which overload of ConsumeAsync, SubscribeAsync and SubscribeToExchangeAsync a handler binds to, asked of the compiler. An asynchronous handler that is taken for an Action runs unawaited, and
/// its message is acknowledged too early.
/// </summary>
public sealed class HandlerShapeTests
{
    private const string Synchronous = "System.Action<Broker.Client.Delivery>";
    private const string SynchronousWithToken = "System.Action<Broker.Client.Delivery, System.Threading.CancellationToken>";
    private const string ReturnsTask = "System.Func<Broker.Client.Delivery, System.Threading.Tasks.Task>";
    private const string ReturnsTaskWithToken = "System.Func<Broker.Client.Delivery, System.Threading.CancellationToken, System.Threading.Tasks.Task>";
    private const string ReturnsValueTask = "System.Func<Broker.Client.Delivery, System.Threading.Tasks.ValueTask>";
    private const string ReturnsValueTaskWithToken = "System.Func<Broker.Client.Delivery, System.Threading.CancellationToken, System.Threading.Tasks.ValueTask>";
    private const string ReturnsVerdict = "System.Func<Broker.Client.Delivery, System.Threading.Tasks.ValueTask<bool>>";
    private const string ReturnsVerdictWithToken = "System.Func<Broker.Client.Delivery, System.Threading.CancellationToken, System.Threading.Tasks.ValueTask<bool>>";

    private static readonly string[] s_verbs =
        ["ConsumeAsync(\"queue\"", "SubscribeAsync(\"stream\", \"subscriber\"", "SubscribeToExchangeAsync(\"exchange\", \"#\""];

    private const string Methods = """
        using Broker.Client;

        static class Shapes
        {
            static int s_count;
            static readonly HashSet<string> s_seen = [];
            static readonly Func<Delivery, Task<int>> s_taskOfInt = TaskOfInt;
            static readonly Action<Delivery> s_action = Void;

            static void Void(Delivery delivery) { }
            static void VoidWithToken(Delivery delivery, CancellationToken token) { }
            static Task OfTask(Delivery delivery) => Task.CompletedTask;
            static Task OfTaskWithToken(Delivery delivery, CancellationToken token) => Task.CompletedTask;
            static async Task OfTaskAsync(Delivery delivery) => await Task.Yield();
            static Task<int> TaskOfInt(Delivery delivery) => Task.FromResult(1);
            static Task<int> TaskOfIntWithToken(Delivery delivery, CancellationToken token) => Task.FromResult(1);
            static ValueTask OfValueTask(Delivery delivery) => default;
            static ValueTask OfValueTaskWithToken(Delivery delivery, CancellationToken token) => default;
            static ValueTask<bool> ValueTaskOfBool(Delivery delivery) => default;
            static ValueTask<bool> ValueTaskOfBoolWithToken(Delivery delivery, CancellationToken token) => default;
            static ValueTask<int> ValueTaskOfInt(Delivery delivery) => default;
            static ValueTask<int> ValueTaskOfIntWithToken(Delivery delivery, CancellationToken token) => default;
            static int Int(Delivery delivery) => 42;
            static int IntWithToken(Delivery delivery, CancellationToken token) => 42;
        """;

    [Theory]
    [InlineData("d => { }", Synchronous)]
    [InlineData("static d => { }", Synchronous)]
    [InlineData("(Delivery d) => { }", Synchronous)]
    [InlineData("d => Console.WriteLine()", Synchronous)]
    [InlineData("d => Console.WriteLine(d.GetText())", Synchronous)]
    [InlineData("d => Void(d)", Synchronous)]
    [InlineData("d => { s_seen.Add(d.Queue); }", Synchronous)]
    [InlineData("d => { if (d.Redelivered) return; s_count++; }", Synchronous)]
    [InlineData("delegate (Delivery d) { }", Synchronous)]
    [InlineData("(d, ct) => { }", SynchronousWithToken)]
    [InlineData("static (_, _) => { }", SynchronousWithToken)]
    [InlineData("(d, ct) => Console.WriteLine()", SynchronousWithToken)]
    [InlineData("s_action", Synchronous)]
    public void A_synchronous_lambda_binds_to_Action(string shape, string expected)
    {
        Assert.Equal(expected, Bound(shape));
    }

    [Theory]
    [InlineData("d => OfTask(d)", ReturnsTask)]
    [InlineData("static d => OfTask(d)", ReturnsTask)]
    [InlineData("d => OfTaskAsync(d)", ReturnsTask)]
    [InlineData("d => TaskOfInt(d)", ReturnsTask)]
    [InlineData("d => { return OfTask(d); }", ReturnsTask)]
    [InlineData("d => Task.Run(() => s_count++)", ReturnsTask)]
    [InlineData("d => d.AckAsync().AsTask()", ReturnsTask)]
    [InlineData("d => d.Redelivered ? OfTask(d) : Task.CompletedTask", ReturnsTask)]
    [InlineData("d => throw new Exception()", ReturnsTask)]
    [InlineData("d => { throw new Exception(); }", ReturnsTask)]
    [InlineData("s_taskOfInt", ReturnsTask)]
    [InlineData("(d, ct) => OfTaskWithToken(d, ct)", ReturnsTaskWithToken)]
    [InlineData("(d, ct) => TaskOfIntWithToken(d, ct)", ReturnsTaskWithToken)]
    [InlineData("(d, ct) => Task.Delay(1, ct)", ReturnsTaskWithToken)]
    [InlineData("(d, ct) => throw new Exception()", ReturnsTaskWithToken)]
    public void A_lambda_that_returns_a_task_is_awaited(string shape, string expected)
    {
        Assert.Equal(expected, Bound(shape));
    }

    [Theory]
    [InlineData("async d => { await Task.Yield(); }", ReturnsTask)]
    [InlineData("static async d => { await Task.Yield(); }", ReturnsTask)]
    [InlineData("async d => await d.AckAsync()", ReturnsTask)]
    [InlineData("async d => await OfTask(d)", ReturnsTask)]
    [InlineData("async d => { await d.AckAsync(); s_count++; }", ReturnsTask)]
    [InlineData("async delegate (Delivery d) { await Task.Yield(); }", ReturnsTask)]
    [InlineData("async (d, ct) => { await Task.Delay(1, ct); }", ReturnsTaskWithToken)]
    [InlineData("async (d, ct) => await d.AckAsync()", ReturnsTaskWithToken)]
    [InlineData("static async (_, ct) => await Task.Delay(1, ct)", ReturnsTaskWithToken)]
    public void An_asynchronous_lambda_is_awaited(string shape, string expected)
    {
        Assert.Equal(expected, Bound(shape));
    }

    [Theory]
    [InlineData("d => OfValueTask(d)", ReturnsValueTask)]
    [InlineData("d => ValueTask.CompletedTask", ReturnsValueTask)]
    [InlineData("d => d.Redelivered ? OfValueTask(d) : default", ReturnsValueTask)]
    [InlineData("(d, ct) => OfValueTaskWithToken(d, ct)", ReturnsValueTaskWithToken)]
    public void A_lambda_that_returns_a_value_task_is_awaited(string shape, string expected)
    {
        Assert.Equal(expected, Bound(shape));
    }

    [Theory]
    [InlineData("d => d.AckAsync()", ReturnsVerdict)]
    [InlineData("static d => d.RetryAsync()", ReturnsVerdict)]
    [InlineData("d => d.Redelivered ? d.DeadLetterAsync() : d.RetryAsync()", ReturnsVerdict)]
    [InlineData("d => { s_count++; return d.AckAsync(); }", ReturnsVerdict)]
    [InlineData("(d, ct) => d.AckAsync()", ReturnsVerdictWithToken)]
    [InlineData("(d, _) => d.ReleaseAsync()", ReturnsVerdictWithToken)]
    public void A_lambda_that_ends_in_a_verdict_is_awaited(string shape, string expected)
    {
        Assert.Equal(expected, Bound(shape));
    }

    [Theory]
    [InlineData("Void", Synchronous)]
    [InlineData("VoidWithToken", SynchronousWithToken)]
    [InlineData("OfTask", ReturnsTask)]
    [InlineData("OfTaskAsync", ReturnsTask)]
    [InlineData("OfTaskWithToken", ReturnsTaskWithToken)]
    [InlineData("TaskOfInt", ReturnsTask)]
    [InlineData("TaskOfIntWithToken", ReturnsTaskWithToken)]
    [InlineData("OfValueTask", ReturnsValueTask)]
    [InlineData("OfValueTaskWithToken", ReturnsValueTaskWithToken)]
    [InlineData("ValueTaskOfBool", ReturnsVerdict)]
    [InlineData("ValueTaskOfBoolWithToken", ReturnsVerdictWithToken)]
    public void A_method_group_binds_by_what_it_returns(string shape, string expected)
    {
        Assert.Equal(expected, Bound(shape));
    }

    [Theory]
    [InlineData("d => 42")]
    [InlineData("d => Int(d)")]
    [InlineData("d => s_seen.Add(d.Queue)")]
    [InlineData("d => s_count++")]
    [InlineData("d => ValueTaskOfInt(d)")]
    [InlineData("(d, ct) => 42")]
    [InlineData("(d, ct) => ValueTaskOfIntWithToken(d, ct)")]
    [InlineData("async d => { await Task.Yield(); return 42; }")]
    [InlineData("async (d, ct) => { await Task.Yield(); return 42; }")]
    [InlineData("Int")]
    [InlineData("IntWithToken")]
    [InlineData("ValueTaskOfInt")]
    [InlineData("ValueTaskOfIntWithToken")]
    public void A_handler_whose_result_nothing_would_await_does_not_compile(string shape)
    {
        var errors = Compile(shape).Errors;

        Assert.Equal(s_verbs.Length, errors.Length);
        Assert.All(errors, error =>
        {
            Assert.Equal("CS0619", error.Id);
            Assert.Contains("This handler returns a value that nothing would await or look at. Return Task or ValueTask", error.GetMessage(null), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Options_and_token_may_follow_the_handler_of_any_shape()
    {
        Assert.Equal(Synchronous, Bound("d => { }, new() { Prefetch = 1 }, CancellationToken.None"));
        Assert.Equal(ReturnsVerdict, Bound("d => d.AckAsync(), cancellationToken: default"));
        Assert.Equal(ReturnsTaskWithToken, Bound("async (d, ct) => await Task.Yield(), new() { Concurrency = 2 }"));
    }

    private static string Bound(string shape)
    {
        var (methods, errors) = Compile(shape);
        Assert.Empty(errors);
        Assert.Equal(s_verbs.Length, methods.Length);
        return Assert.Single(methods.Select(method => method.Parameters.Single(parameter => parameter.Name == "handler").Type.ToDisplayString()).Distinct());
    }

    private static (IMethodSymbol[] Methods, Diagnostic[] Errors) Compile(string shape)
    {
        var calls = s_verbs.Select((verb, number) => $"static async Task Call{number}(BrokerClient broker) => await broker.{verb}, {shape});");
        var tree = Compiling.Parse($$"""
            {{Methods}}
                {{string.Join("\n    ", calls)}}
            }
            """, "Shape.cs");
        var compilation = Compiling.Library([tree]);
        var model = compilation.GetSemanticModel(tree);
        var methods = tree.GetRoot().DescendantNodes().OfType<InvocationExpressionSyntax>()
            .Where(invocation => s_verbs.Any(verb => invocation.Expression.ToString() == $"broker.{verb.Split('(')[0]}"))
            .Select(invocation => model.GetSymbolInfo(invocation).Symbol).OfType<IMethodSymbol>();
        return ([.. methods], [.. compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)]);
    }
}
