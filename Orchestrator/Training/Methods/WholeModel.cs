using TraversalLearning.Hosting;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Training.Methods;

/// <summary>The setup of methods whose nodes have the whole model: there is no cut that matters, and no exchange to choose.</summary>
internal static class WholeModel
{
    /// <summary>Every node has all layers.</summary>
    /// <exception cref="UserErrorException">A flag was given that only the other methods have.</exception>
    public static RunOptions OnNodes(RunOptions options) => Require(options) with { Exchange = Exchange.OnePhase };

    /// <summary>The cut stands behind the last layer, so that a visit's reply is the gradient at all of θ.</summary>
    /// <exception cref="UserErrorException">A flag was given that only the other methods have, or a layer is not computed row by row.</exception>
    public static RunOptions BehindCut(RunOptions options)
    {
        RunOptions adapted = Require(options) with { Exchange = Exchange.OnePhase, Cut = options.Model.Layers.Length };
        Training.Exactness.Require(adapted);
        long perRow = adapted.Model.RowBytesBehind(adapted.Cut, adapted.ElementType);
        if ((long)adapted.NumNodes * adapted.BatchSize > int.MaxValue / perRow)
        {
            throw new UserErrorException(
                ExitCode.Usage, $"--batch_size {adapted.BatchSize} of {adapted.NumNodes} nodes: a round's logits have at most {int.MaxValue / perRow} rows");
        }

        return adapted;
    }

    private static RunOptions Require(RunOptions options) => options.AnyCut || options.AnyExchange
        ? throw new UserErrorException(ExitCode.Usage, $"--cut auto and --exchange auto belong to --algorithm tl: with {options.Algorithm} every node has the whole model")
        : options;
}
