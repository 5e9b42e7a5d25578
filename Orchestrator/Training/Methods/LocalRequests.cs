using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>How nodes are asked to train on their own samples.</summary>
internal static class LocalRequests
{
    /// <summary>The request of a round, as the run's options say.</summary>
    /// <param name="options">Of the run.</param>
    /// <param name="learningRate">The epoch's.</param>
    /// <param name="round">Which round; the attempt is filled in when it is sent.</param>
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
