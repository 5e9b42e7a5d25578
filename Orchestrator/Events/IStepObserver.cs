namespace TraversalLearning.Orchestration.Events;

/// <summary>Looks on while steps are done. It must not wait, and is called by many visits at once.</summary>
internal interface IStepObserver
{
    /// <summary>A node has done its part.</summary>
    /// <param name="work">What it did.</param>
    /// <param name="now">When, on the step's clock.</param>
    void Worked(in NodeWork work, long now);

    /// <summary>The step's own thread has spent its time on something. Where it waited for visits, that is <see cref="StepPart.WireAndWait"/>.</summary>
    /// <param name="part">On what.</param>
    /// <param name="begun">From when, on the step's clock.</param>
    /// <param name="ended">To when.</param>
    void Lapped(StepPart part, long begun, long ended);
}
