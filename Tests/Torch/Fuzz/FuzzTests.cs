using System.Globalization;
using TraversalLearning.Nodes;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Fuzz;

/// <summary>
/// Whatever bytes come, a decoder reads them or refuses them with its one exception, and takes no more memory than its limits allow.
/// README.md here says how to run it for long and what to do with a finding.
/// </summary>
internal sealed class FuzzTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Every decoder of bytes that come from elsewhere. A new one is registered here, by one line.</summary>
    private static readonly FuzzTarget[] Targets =
    [
        FrameTarget.Handshake,
        FrameTarget.Admission,
        FrameTarget.Session,
        new NodeSessionTarget(Exchange.TwoPhase),
        new NodeSessionTarget(Exchange.Relay),
        NodeSessionTarget.Training(),
        new NodeLinkTarget(),
        new Lz4Target(),
        new ModelDescriptionTarget(),
        new SafetensorsTarget(),
        new IdxTarget(),
        new CifarTarget(),
        new NpyTarget(),
        new NpzTarget(),
        new CsvTarget(),
        new TableJsonTarget(),
        new PreparationSessionTarget(),
        new CheckpointTarget(),
        new NodeListsTarget(),
    ];

    [OneTimeTearDown]
    public void DisposeTargets()
    {
        foreach (IDisposable target in Targets.OfType<IDisposable>())
        {
            target.Dispose();
        }
    }

    [TestCaseSource(nameof(Targets))]
    public void Valid_samples_are_accepted(FuzzTarget target)
    {
        foreach (byte[] sample in target.Corpus)
        {
            Assert.That(() => target.Consume(sample), Throws.Nothing, Convert.ToHexString(sample));
        }
    }

    [TestCaseSource(nameof(Regressions))]
    public void What_was_found_once_stays_mended(FuzzTarget target, string file) =>
        Assert.That(FuzzRun.Check(target, Convert.FromHexString(File.ReadAllText(file).Trim())), Is.Null);

    [TestCaseSource(nameof(Targets))]
    public async Task Spoiled_samples_are_read_or_refused(FuzzTarget target)
    {
        var run = new FuzzRun(target, seed: 1);
        int rounds = Selection.Tenth(target.ShortRun);
        await AssertNothingFoundAsync(run, iteration => iteration < rounds);
        TestContext.Out.WriteLine($"{rounds} inputs, {run.Accepted} accepted, {run.Refused} refused, at most {run.MostAllocated} bytes for one");

        // Otherwise the changes are too coarse or too fine to test anything.
        Assert.That(run.Accepted, Is.GreaterThan(rounds / 100));
        Assert.That(run.Refused, Is.GreaterThan(rounds / 10));
        Assert.That(run.Refusals, Is.SupersetOf(target.ExpectedRefusals));
    }

    [Explicit("./run_tests.sh --fuzz MINUTES runs it")]
    [Category("LongFuzz")]
    [TestCaseSource(nameof(Targets))]
    public async Task For_as_long_as_you_like(FuzzTarget target)
    {
        double minutes = double.Parse(Environment.GetEnvironmentVariable("TL_FUZZ_MINUTES") ?? "10", CultureInfo.InvariantCulture);
        ulong seed = Environment.GetEnvironmentVariable("TL_FUZZ_SEED") is { } text
            ? ulong.Parse(text, CultureInfo.InvariantCulture)
            : (ulong)Random.Shared.NextInt64();
        long end = Environment.TickCount64 + (long)(minutes * 60_000 / Targets.Length);
        using var last = new LastInput(Path.Combine(Path.GetTempPath(), $"tl-fuzz-{target}-{Environment.ProcessId}"));
        TestContext.Progress.WriteLine($"{target}: seed {seed}; if the process dies, its last input is in {last.Path}");
        var run = new FuzzRun(target, seed);
        await AssertNothingFoundAsync(run, _ => Environment.TickCount64 < end, last);
        TestContext.Progress.WriteLine($"{target}: {run.Iteration} inputs, {run.Accepted} accepted, {run.Refused} refused");
    }

    private static IEnumerable<TestCaseData> Regressions() =>
        from target in Targets
        let folder = Path.Combine(AppContext.BaseDirectory, "Fuzz", "Regressions", target.Name)
        where Directory.Exists(folder)
        from file in Directory.EnumerateFiles(folder, "*.hex").Order(StringComparer.Ordinal)
        select new TestCaseData(target, file).SetArgDisplayNames($"{target}: {Path.GetFileNameWithoutExtension(file)}");

    private static async Task AssertNothingFoundAsync(FuzzRun run, Func<long, bool> goOn, LastInput? last = null)
    {
        Task<FuzzFinding?> running = Task.Factory.StartNew(
            () => run.Run(goOn, last), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!running.IsCompleted)
        {
            long before = run.Iteration;
            await Task.WhenAny(running, Task.Delay(Patience));
            if (!running.IsCompleted && run.Iteration == before)
            {
                Assert.Fail($"{run.Stuck()}");
            }
        }

        FuzzFinding? finding = await running;
        Assert.That(finding, Is.Null, $"{finding}");
    }
}
