namespace Broker.Client.IntegrationTests.Promises;

/// <summary>One call to publish, and what became of it.</summary>
/// <param name="Serial">Which call.</param>
/// <param name="Outcome">Null while it has none.</param>
/// <param name="MessageId">The id that the result names.</param>
/// <param name="Cuts">How many cuts came between the call and its outcome: so many times it may have been sent again.</param>
internal sealed record Attempt(Serial Serial, PublishOutcome? Outcome = null, string? MessageId = null, int Cuts = 0);

/// <summary>One message as it was read from the queue.</summary>
/// <param name="Serial">The call that it says it is from; null where it says nothing of the kind.</param>
/// <param name="MessageId">Its message id.</param>
/// <param name="Sending">Its header x-publish-attempt: 2 where it was sent again, 3 where once more; null, which means 1, without it.</param>
internal sealed record Arrival(Serial? Serial, string? MessageId, int? Sending = null);
