using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Data.Batches;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Planning;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>The differences found between traversal learning and centralized training.</summary>
/// <param name="Steps">Steps compared.</param>
/// <param name="GradientDifference">Largest relative difference of a parameter's gradient, over all steps.</param>
/// <param name="ParameterDifference">Largest relative difference of a parameter after one update from the same θ, over
/// all steps.</param>
/// <param name="IsEqual">Whether every step was within its bounds (<see cref="EqualityBounds"/>).</param>
internal readonly record struct VerificationResult(int Steps, double GradientDifference, double ParameterDifference, bool IsEqual)
{
    /// <summary>The starting weights; <see langword="null"/> for random ones.</summary>
    public StateDictMatch? Taken { get; init; }
}

/// <summary>
/// The bounds for equality (design section 3): a gradient within 1e-12 in float64, 1e-5 in float32. Rounding in float32
/// alone can exceed that: in a convolution's sum over 43,264 positions with cancellation, centralized training's own
/// gradient differs by up to 1e-5 from the exact one. A step over the bound is therefore compared with three times
/// centralized training's own distance from the float64 gradient, at the same θ and batch. An update may amplify
/// rounding (Adam divides noise by its own magnitude), so parameters after an update have a wider bound, which detects
/// a different update rather than differences in the last digits.
/// </summary>
internal readonly record struct EqualityBounds(double Gradient, double Parameters)
{
    /// <summary>Multiple of centralized training's own rounding error that is tolerated.</summary>
    public const double RoundingFactor = 3;

    public static EqualityBounds For(ElementType type) =>
        type == ElementType.Float64 ? new EqualityBounds(1e-12, 1e-9) : new EqualityBounds(1e-5, 1e-2);
}

/// <summary>
/// Runs traversal learning and centralized training step by step on the same virtual batches. Both start every step
/// from the same θ, so that rounding does not accumulate and each step is bounded on its own; each has its own
/// optimizer state.
/// </summary>
internal static class Verifier
{
    /// <summary>Compares <paramref name="steps"/> steps.</summary>
    public static async Task<VerificationResult> RunAsync(
        RunContext context, SampleSet samples, int[][] partition, int steps, Action<int, double>? progress, CancellationToken cancellationToken)
    {
        await using var session = new TrainingSession(context, new OrchestratorLog(Logging.Logger("orchestrator")));
        await using var nodes = new LocalNodes(
            session.Endpoint, samples, partition, context.Setup.Model.ClassCount, context.Device, context.Options.NewEncoding);
        using var pooled = new PooledSamples(samples, partition, context.Setup, context.Device);
        using ModelManager reference = context.NewModel();
        VerificationResult result = await nodes.WhileRunningAsync(
            async token =>
            {
                int[] sampleCounts = await session.SampleCountsAsync(token);
                IVerifiedTrainer trainer = await TrainerOfAsync(session, nodes, sampleCounts, token);
                using var owned = trainer as IDisposable;
                return await CompareAsync(
                    Plan(session, sampleCounts),
                    trainer,
                    new CentralizedGradient(reference, pooled),
                    reference,
                    (batch, rounded, random) => RoundingOf(context, samples, partition, batch, rounded, random),
                    steps,
                    progress,
                    token);
            },
            cancellationToken);
        await session.FinishAsync("verified");
        return result with { Taken = session.Model.Taken };
    }

    private static VirtualBatchPlanner Plan(TrainingSession session, int[] sampleCounts) => RunBatches.Of(session.Options, sampleCounts);

    /// <summary>The trainer of the run: with the blind exchange the nodes, into which this process may look.</summary>
    private static async Task<IVerifiedTrainer> TrainerOfAsync(TrainingSession session, LocalNodes nodes, int[] sampleCounts, CancellationToken cancellationToken)
    {
        if (!session.Model.Setup.Exchange.Kind().IsBlind)
        {
            return new VerifiedOrchestrator(session.Model, session.Parts.Gradients);
        }

        BlindMethod method = BlindTraining.Create(session.Parts, sampleCounts);
        await method.Holder.BeginAsync(checkpoint: null, epochs: 0, state: null, cancellationToken);
        return new VerifiedNode(method.Group, nodes);
    }

    private static async Task<VerificationResult> CompareAsync(
        VirtualBatchPlanner planner,
        IVerifiedTrainer trainer,
        CentralizedGradient centralized,
        ModelManager reference,
        Func<VirtualBatch, ModelManager, Tensor, double> rounding,
        int steps,
        Action<int, double>? progress,
        CancellationToken cancellationToken)
    {
        var bounds = EqualityBounds.For(reference.Setup.ElementType);
        var result = new VerificationResult(0, 0, 0, IsEqual: true);
        foreach (VirtualBatch batch in Enumerable.Range(1, int.MaxValue).SelectMany(planner.Epoch).Take(steps))
        {
            using Tensor random = get_rng_state();
            reference.Parameters.CopyValuesFrom(trainer.Parameters);
            await trainer.ComputeAsync(batch, cancellationToken);

            // Layers that draw random numbers must draw the same ones.
            set_rng_state(random);
            centralized.Compute(batch);
            double gradient = RelativeDifference(reference.Parameters.Layout, trainer.Gradient, reference.Parameters.Gradient);
            bool isEqual = gradient <= bounds.Gradient || gradient <= EqualityBounds.RoundingFactor * rounding(batch, reference, random);
            trainer.Update();
            reference.Update();
            double parameters = RelativeDifference(reference.Parameters.Layout, trainer.Parameters.Values, reference.Parameters.Values);
            result = new VerificationResult(
                result.Steps + 1,
                Math.Max(result.GradientDifference, gradient),
                Math.Max(result.ParameterDifference, parameters),
                result.IsEqual && isEqual && parameters <= bounds.Parameters);
            progress?.Invoke(result.Steps, result.GradientDifference);
            if (batch.Index == planner.BatchesPerEpoch - 1)
            {
                trainer.EndEpoch();
                reference.EndEpoch();
            }
        }

        return result;
    }

    /// <summary>Distance of a centralized gradient from the one in float64, for the same θ and batch.</summary>
    private static double RoundingOf(
        RunContext context, SampleSet samples, int[][] partition, VirtualBatch batch, ModelManager rounded, Tensor random)
    {
        using Tensor now = get_rng_state();
        RunContext exact = context with { Setup = context.Setup with { ElementType = ElementType.Float64 } };
        using var pooled = new PooledSamples(samples, partition, exact.Setup, exact.Device);
        using ModelManager model = exact.NewModel();
        model.Parameters.CopyValuesFrom(rounded.Parameters);
        set_rng_state(random);
        new CentralizedGradient(model, pooled).Compute(batch);
        set_rng_state(now);
        return RelativeDifference(model.Parameters.Layout, rounded.Parameters.Gradient, model.Parameters.Gradient);
    }

    /// <summary>
    /// The maximum, over all parameters, of the largest absolute difference divided by the largest absolute value.
    /// </summary>
    private static double RelativeDifference(IReadOnlyList<ParameterSlice> layout, Tensor actual, Tensor expected)
    {
        double largest = 0;
        using (NewDisposeScope())
        using (no_grad())
        {
            foreach (ParameterSlice slice in layout)
            {
                Tensor reference = expected.narrow(0, slice.Offset, slice.Count);
                double difference = (actual.narrow(0, slice.Offset, slice.Count) - reference).abs().max().ToDouble();
                double scale = reference.abs().max().ToDouble();
                double relative = difference == 0 ? 0 : difference / scale;
                largest = double.IsNaN(relative) ? double.PositiveInfinity : Math.Max(largest, relative);
            }
        }

        return largest;
    }
}
