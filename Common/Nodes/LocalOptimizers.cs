using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;

namespace TraversalLearning.Nodes;

/// <summary>Converts optimizers to and from messages. The orchestrator applies the schedule and sends each round's learning rate.</summary>
public static class LocalOptimizers
{
    /// <summary>Converts settings to a message.</summary>
    /// <param name="settings">The run's optimizer.</param>
    /// <param name="learningRate">This round's learning rate.</param>
    public static LocalOptimizer Write(OptimizerSettings settings, double learningRate) => new(
        settings.Kind.ToString().ToLowerInvariant(), learningRate, settings.Momentum, settings.Nesterov, settings.WeightDecay, settings.ClipGradNorm);

    /// <summary>Converts a message to settings.</summary>
    /// <exception cref="ModelException">The optimizer is unknown to this version, or its settings are invalid.</exception>
    public static OptimizerSettings Read(LocalOptimizer message)
    {
        OptimizerKind kind = Array.Find(
            Enum.GetValues<OptimizerKind>(), k => string.Equals(k.ToString(), message.Kind, StringComparison.OrdinalIgnoreCase));
        return string.Equals(kind.ToString(), message.Kind, StringComparison.OrdinalIgnoreCase) && (!message.Nesterov || message.Momentum > 0)
            ? new OptimizerSettings(kind, message.LearningRate, message.Momentum, message.Nesterov, message.WeightDecay, message.ClipGradNorm)
            : throw new ModelException($"the orchestrator wants the optimizer {message}, which this version does not have");
    }
}
