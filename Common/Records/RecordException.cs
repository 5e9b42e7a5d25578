namespace TraversalLearning.Records;

/// <summary>The record of what left cannot be written. The message that it was to hold has not been sent.</summary>
public sealed class RecordException(string message, Exception inner) : Exception(message, inner);
