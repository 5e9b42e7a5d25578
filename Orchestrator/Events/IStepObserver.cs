namespace TraversalLearning.Orchestration.Events;

/// <summary>
/// Observes steps in progress. Implementations must not block, and are called by many visits concurrently.
/// </summary>
internal interface IStepObserver
{
    /// <summary>Called when a node has done its part.</summary>
    /// <param name="work">The node's work.</param>
    /// <param name="now">Completion time on the step's clock.</param>
    void Worked(in NodeWork work, long now);

    /// <summary>
    /// Called when the step's thread has completed a lap. A lap that waited for visits is
    /// <see cref="StepPart.WireAndWait"/>.
    /// </summary>
    /// <param name="part">The part that the time belongs to.</param>
    /// <param name="begun">Start on the step's clock.</param>
    /// <param name="ended">End on the step's clock.</param>
    void Lapped(StepPart part, long begun, long ended);
}
