using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>Builds requests for local training.</summary>
internal static class LocalRequests
{
    /// <summary>The request of a round, as set by the run's options.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="learningRate">The epoch's learning rate.</param>
    /// <param name="round">The round; the attempt is filled in when the request is sent.</param>
    /// <param name="mu">μ of FedProx; 0 for none.</param>
    public static LocalTraining Of(RunOptions options, double learningRate, Round round, double mu) => new(
        new StepId(round.Epoch, round.Index, Attempt: 0),
        options.Federation!.LocalEpochs,
        options.BatchSize,
        WireSeed.Write(options.Seed),
        LocalOptimizers.Write(options.Optimizer, learningRate),
        mu)
    {
        DropsLast = options.LastBatch == LastBatch.Drop,
    };
}
