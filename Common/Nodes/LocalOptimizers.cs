using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;

namespace TraversalLearning.Nodes;

/// <summary>An optimizer as a message says it. Its schedule stays with the orchestrator, which says the learning rate of each round.</summary>
public static class LocalOptimizers
{
    /// <summary>Says it in a message.</summary>
    /// <param name="settings">The run's.</param>
    /// <param name="learningRate">Of this round.</param>
    public static LocalOptimizer Write(OptimizerSettings settings, double learningRate) => new(
        settings.Kind.ToString().ToLowerInvariant(), learningRate, settings.Momentum, settings.Nesterov, settings.WeightDecay, settings.ClipGradNorm);

    /// <summary>Reads it.</summary>
    /// <exception cref="ModelException">This version has none such, or it cannot be computed with.</exception>
    public static OptimizerSettings Read(LocalOptimizer message)
    {
        OptimizerKind kind = Array.Find(
            Enum.GetValues<OptimizerKind>(), k => string.Equals(k.ToString(), message.Kind, StringComparison.OrdinalIgnoreCase));
        return string.Equals(kind.ToString(), message.Kind, StringComparison.OrdinalIgnoreCase) && (!message.Nesterov || message.Momentum > 0)
            ? new OptimizerSettings(kind, message.LearningRate, message.Momentum, message.Nesterov, message.WeightDecay, message.ClipGradNorm)
            : throw new ModelException($"the orchestrator wants the optimizer {message}, which this version does not have");
    }
}
