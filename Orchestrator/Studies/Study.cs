using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Orchestration.Flags;
using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>A set of related runs, all planned before the first starts.</summary>
/// <param name="Name">For display: the file name without extension, unless the file sets another.</param>
/// <param name="Runs">In order of execution, with distinct names.</param>
internal sealed record Study(string Name, IReadOnlyList<StudyRun> Runs)
{
    /// <summary>Early stopping of bad trials; <see langword="null"/> for none.</summary>
    public HalvingSettings? Halving { get; init; }

    /// <summary>
    /// SHA-256 over its runs, as 64 hexadecimal digits. Excludes thread counts, which are shares of the machine among
    /// its workers: a study resumed with another number of workers keeps its original counts.
    /// </summary>
    public string Identity
    {
        get
        {
            IEnumerable<string> runs = Runs.Select(r => string.Join('\n', [r.Name, r.Hosting.ToWord(), .. r.Arguments.Where((a, i) => a != RunLines.Threads && (i == 0 || r.Arguments[i - 1] != RunLines.Threads))]));
            string text = string.Join("\n\n", [$"{Halving}", .. runs]);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }
    }

    /// <summary>
    /// Number of duplicate runs left out: a value that an algorithm does not accept creates no further run.
    /// </summary>
    public int LeftOut { get; init; }
}
