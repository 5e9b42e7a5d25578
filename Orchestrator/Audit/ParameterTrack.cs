using System.Collections.Concurrent;
using TraversalLearning.Messages;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Orchestration.Audit.Attacks;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>Follows θ from step to step, as a party that sees every θ can, and computes the gradients of audited steps from it. Thread-safe.</summary>
/// <param name="plan">Says which steps are audited.</param>
/// <param name="inverse">Gets the gradient of a step; <see langword="null"/> if the optimizer hides it.</param>
/// <param name="learningRates">The rate of each epoch.</param>
internal sealed class ParameterTrack(RecordingPlan plan, InvertedUpdate? inverse, ConcurrentDictionary<int, double> learningRates)
{
    private readonly Lock _lock = new();
    private readonly List<SummedGradient> _gradients = [];
    private InvertedUpdate? _inverse = inverse;
    private (StepId Step, int Rows, double[] Parameters)? _last;

    /// <summary>The gradients of the audited steps, and the last θ.</summary>
    public KnownState Known => new([.. _gradients], _last?.Parameters);

    /// <summary>Whether θ before a step is not known yet.</summary>
    public bool Wants(StepId step)
    {
        lock (_lock)
        {
            return _last is not { } last || Order(step).CompareTo(Order(last.Step)) > 0;
        }
    }

    /// <summary>Takes θ before a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="rows">Rows of its batch.</param>
    /// <param name="parameters">θ, all of it.</param>
    public void See(StepId step, int rows, double[] parameters)
    {
        lock (_lock)
        {
            if (_last is { } last)
            {
                if (Order(step).CompareTo(Order(last.Step)) <= 0)
                {
                    return;
                }

                // Two steps in one cannot be told apart, and the optimizer's state is lost with them.
                _inverse = Follows(step, last.Step) ? _inverse : null;
                if (_inverse?.Gradient(last.Parameters, parameters, learningRates[last.Step.Epoch]) is { } gradient && plan.IsAudited(last.Step))
                {
                    _gradients.Add(new SummedGradient(last.Step, last.Parameters, gradient, last.Rows, last.Rows));
                }
            }

            _last = (step with { Attempt = 0 }, rows, parameters);
        }
    }

    private static (int Epoch, int Batch) Order(StepId step) => (step.Epoch, step.Batch);

    private static bool Follows(StepId step, StepId last) =>
        step.Epoch == last.Epoch ? step.Batch == last.Batch + 1 : step.Epoch == last.Epoch + 1 && step.Batch == 0;
}
