using System.Security.Cryptography;
using System.Text;
using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Orchestration.Studies;

/// <summary>Many runs that belong together, all known before the first is done.</summary>
/// <param name="Name">For people: the file's name without its ending, unless it says otherwise.</param>
/// <param name="Runs">In the order in which they are to be done; their names are different.</param>
internal sealed record Study(string Name, IReadOnlyList<StudyRun> Runs)
{
    private const string Threads = "--threads";

    /// <summary>How bad trials are stopped early; <see langword="null"/> for never.</summary>
    public HalvingSettings? Halving { get; init; }

    /// <summary>
    /// SHA-256 over its runs, as 64 hexadecimal digits. Without their numbers of threads, which are shares of the machine and of its workers: a study
    /// that goes on with other workers keeps those that it began with.
    /// </summary>
    public string Identity
    {
        get
        {
            IEnumerable<string> runs = Runs.Select(r => string.Join('\n', [r.Name, r.Hosting.ToWord(), .. r.Arguments.Where((a, i) => a != Threads && (i == 0 || r.Arguments[i - 1] != Threads))]));
            string text = string.Join("\n\n", [$"{Halving}", .. runs]);
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }
    }

    /// <summary>How many runs were left out because another one is the same: a value that an algorithm does not take does not make another run.</summary>
    public int LeftOut { get; init; }
}
