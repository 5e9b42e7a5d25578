namespace TraversalLearning.Messages;

/// <summary>A message that belongs to a step.</summary>
public interface IHasStep
{
    /// <summary>Which step; in a reply, as asked.</summary>
    StepId Step { get; }
}
