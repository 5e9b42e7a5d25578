using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Options;

namespace TraversalLearning.Orchestration.Flags;

/// <summary>For commands that read samples here: <c>--dataset none</c> leaves those to nodes.</summary>
internal static class NeededDataset
{
    /// <summary>Refuses a data set that is none.</summary>
    /// <param name="dataset">As <c>--dataset</c> names it.</param>
    /// <param name="command">That needs it.</param>
    /// <exception cref="UserErrorException">It is none.</exception>
    public static void Require(string dataset, string command)
    {
        if (string.Equals(dataset, RunOptions.NoDataset, StringComparison.Ordinal))
        {
            throw new UserErrorException(
                ExitCode.Usage, $"{command} reads samples here: --dataset {RunOptions.NoDataset} is for runs over the network; name a data set or its directory");
        }
    }
}
