using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Training;

namespace TraversalLearning.Orchestration.Methods;

/// <summary>How nodes are asked to train on their own samples.</summary>
internal static class LocalRequests
{
    /// <summary>The request of a round, as the run's options say.</summary>
    /// <param name="orchestrator">Has options and learning rate.</param>
    /// <param name="round">Which round; the attempt is filled in when it is sent.</param>
    /// <param name="mu">μ of FedProx; 0 for none.</param>
    public static LocalTraining Of(Training.Orchestrator orchestrator, Round round, double mu) => new(
        new StepId(round.Epoch, round.Index, Attempt: 0),
        orchestrator.Options.Federation!.LocalEpochs,
        orchestrator.Options.BatchSize,
        WireSeed.Write(orchestrator.Options.Seed),
        LocalOptimizers.Write(orchestrator.Options.Optimizer, orchestrator.Model.LearningRate),
        mu)
    {
        DropsLast = orchestrator.Options.LastBatch == LastBatch.Drop,
    };
}
