namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>A damaged or unreadable checkpoint. The message, <c>FILE: REASON</c>, is meant for the user.</summary>
internal sealed class CheckpointException(string path, string reason, Exception? inner = null) : Exception($"{path}: {reason}", inner);
