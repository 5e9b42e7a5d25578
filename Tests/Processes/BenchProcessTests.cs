using System.Xml.Linq;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>The benchmark in its smallest form, with the real programs.</summary>
public sealed class BenchProcessTests
{
    [Test]
    public async Task The_smallest_benchmark_measures_the_programs_and_leaves_its_tables_and_charts()
    {
        using var folder = new TempFolder();
        string data = folder.WriteDataset();
        string output = folder["bench"];
        FinishedProgram bench = await RunningProgram.RunBenchAsync("--smoke", "--dataset", data, "--partition", "dirichlet:0.5", "--output", output);
        Assert.That(bench.ExitCode, Is.Zero, string.Join('\n', [.. bench.Output, .. bench.Errors]));
        Assert.That(await File.ReadAllTextAsync(Path.Combine(output, "README.md")), Does.Contain("dirichlet:0.5"));
        string[] sections = ["steps", "budget", "floor", "bytes", "codec", "lz4", "memory"];
        Assert.That(
            Directory.GetFiles(output).Select(Path.GetFileName), Is.SupersetOf((string[])["README.md", .. sections.SelectMany(s => (string[])[$"{s}.csv", $"{s}.md"])]));
        foreach (string chart in Directory.GetFiles(output, "*.svg"))
        {
            Assert.That(() => XDocument.Load(chart), Throws.Nothing, chart);
        }

        // Centralized and traversal learning, and each budget adds up to its step, but for what the table rounds.
        string[][] budget = [.. File.ReadLines(Path.Combine(output, "budget.csv")).Skip(1).Select(row => row.Split(','))];
        Assert.That(budget.Select(row => row[1]), Is.EqualTo((string[])["centralized", "TL × 2 two_phase", "TL × 3 blind"]));
        foreach (string[] row in budget)
        {
            double[] numbers = [.. row[2..].Select(double.Parse)];
            Assert.That(numbers.SkipLast(1).Sum(), Is.EqualTo(numbers[^1]).Within(0.005 * numbers.Length));
            Assert.That(numbers, Has.All.GreaterThanOrEqualTo(0));
        }

        Assert.That(double.Parse(budget[1][2]), Is.GreaterThan(0), "nodes say how long they computed");
    }

    [Test]
    public async Task Ctrl_C_ends_it_and_what_it_started()
    {
        using var folder = new TempFolder();
        await using RunningProgram bench = RunningProgram.StartBench("--smoke", "--rounds", "1000", "--dataset", folder.WriteDataset(), "--output", folder["bench"]);
        await bench.WaitForLineAsync("round 1: ");
        int[] started = [];
        if (ProcessFigures.Available)
        {
            await Waiting.Until(() => (started = ChildrenOf(bench.ProcessId)).Length > 0);
        }

        bench.Interrupt();
        FinishedProgram ended = await bench.EndAsync();
        Assert.That(ended.ExitCode, Is.EqualTo(130));
        Assert.That(ended.Errors, Is.EqualTo((string[])["cancelled"]));
        Assert.That(Directory.Exists(folder["bench"]), Is.False);
        Assert.That(started.Where(child => Directory.Exists($"/proc/{child}")), Is.Empty);
    }

    private static int[] ChildrenOf(int process) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out int id) && ParentOf(id) == process).Select(n => int.Parse(n!)),
    ];

    private static int? ParentOf(int process)
    {
        try
        {
            // Number, (name), state, parent: the name may have anything in it.
            string status = File.ReadAllText($"/proc/{process}/stat");
            return int.Parse(status[(status.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return null;
        }
    }
}
