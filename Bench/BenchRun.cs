using System.Diagnostics;
using System.Globalization;
using TraversalLearning.Benchmarks.Micro;
using TraversalLearning.Benchmarks.Programs;
using TraversalLearning.Benchmarks.Reports;
using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Charts;
using TraversalLearning.Data.Partitions;
using TraversalLearning.Hosting;

namespace TraversalLearning.Benchmarks;

/// <summary>The whole of it: measures what the plan says, in rounds, and writes what came out.</summary>
internal sealed class BenchRun(BenchPlan plan, ProgramPaths paths, BenchData data, Partition partition, ulong partitionSeed, string folder)
{
    private readonly ContenderRunner _runner = new(paths, data, partition, partitionSeed, folder);

    public async Task RunAsync(string output, CancellationToken cancellationToken)
    {
        LibTorch.Load(threads: 1);
        long start = Stopwatch.GetTimestamp();
        List<string> machine = [.. Machine.Describe()];
        BenchPlan measured = await ProgramPaths.HasPyTorchAsync(cancellationToken) ? plan : plan.WithoutPyTorch();
        Say($"{measured.Rounds} rounds of {measured.Contenders.Count}{(measured == plan ? "" : ", without PyTorch, which is not there")}");

        var results = new Results();
        string? model = null;
        for (int round = 1; round <= measured.Rounds; round++)
        {
            foreach (Contender contender in measured.Contenders)
            {
                RunFigures figures = contender.Trainer == Trainer.Bare ? MeasureBare(contender, cancellationToken) : await _runner.RunAsync(contender, cancellationToken);
                results.Add(contender, figures);
                Say($"round {round}: {contender}: {Table.Number(figures.StepMilliseconds)} ms a step");
                if (model is null && contender is { Trainer: Trainer.Traversal, Workload.Model: "mlp" })
                {
                    model = Path.Combine(_runner.LastRun!, "model.safetensors");
                }
            }
        }

        List<(Contender Contender, RunFigures Figures)> scale = [];
        foreach (int nodes in measured.Scale)
        {
            var contender = new Contender(Trainer.Traversal, measured.ScaleWorkload, nodes, "two_phase");
            scale.Add((contender, await _runner.RunTraversalAsync(contender, processes: 1, cancellationToken)));
            Say($"scale: {contender}: {Table.Number(scale[^1].Figures.StepMilliseconds)} ms a step");
        }

        Say("bare sockets, work, codec and LZ4");
        double twoAtOnce = TwoAtOnce.Factor(measured.Micro, cancellationToken);
        var floors = results.Traversals.Where(c => !c.IsBlind).ToDictionary(c => c, c => Floor(c, results.Median(c), cancellationToken));
        var codec = new CodecBench(measured.Micro);
        List<Section> sections =
        [
            StepSections.Steps(results),
            StepSections.Budget(results),
            FloorSection.Of(results, floors, twoAtOnce, Environment.ProcessorCount),
            ByteSection.Of(results),
            MicroSections.Codec([.. measured.CodecLengths.Select(l => (l, codec.Measure(l, cancellationToken)))]),
        ];
        if (model is not null)
        {
            var tensors = TrainedTensors.Of(model, "mlp", data.Train, rows: 64);
            sections.Add(MicroSections.Lz4([.. tensors.Select(t => (t.Name, t.Bytes.Length, Lz4Bench.Measure(t.Bytes, measured.Micro / 2, cancellationToken)))]));
        }

        if (scale.Count > 0)
        {
            sections.Add(ScaleSection.Of([.. scale.Select(s => (s.Contender, s.Figures, BytesAlone(s.Contender, s.Figures, cancellationToken)))]));
        }

        sections.Add(MemorySection.Of(results));
        machine.Add(
            $"{measured.Rounds} rounds in turn; of every run the last epoch counts, of PyTorch's the second half of the steps; one thread for each process; --compression none;"
            + $" --partition {partition}, seed {partitionSeed};"
            + $" {Stopwatch.GetElapsedTime(start).TotalMinutes.ToString("0.0", CultureInfo.InvariantCulture)} minutes");
        new ReportFolder(output).Write(machine, sections);
        Console.WriteLine();
        Console.WriteLine(sections[0].Table.ToMarkdown());
        Say($"tables and charts: {Path.GetFullPath(Path.Combine(output, "README.md"))}");
    }

    private static void Say(string line) => Console.WriteLine(line);

    private RunFigures MeasureBare(Contender contender, CancellationToken cancellationToken)
    {
        (double step, double processor) = BareStep.MillisecondsPerStep(BareWorkload.Of(contender, data.Train), plan.Micro, cancellationToken);
        return new RunFigures { StepMilliseconds = step, OwnProcessor = processor };
    }

    private FloorFigures Floor(Contender contender, RunFigures figures, CancellationToken cancellationToken)
    {
        double bytes = BytesAlone(contender, figures, cancellationToken);
        return new FloorFigures(bytes, StepWork.MillisecondsPerStep(BareWorkload.Of(contender, data.Train), plan.Micro, cancellationToken));
    }

    /// <summary>
    /// At most sixteen nodes are visited at once, and a socket of the sixteen makes several visits then, one after the other: with more, it would be
    /// threads that are measured, and with larger pieces the caches.
    /// </summary>
    private double BytesAlone(Contender contender, RunFigures figures, CancellationToken cancellationToken)
    {
        int sockets = Math.Clamp((int)Math.Round(figures.Visits), 1, 16);
        int each = Math.Max((int)Math.Round(figures.Visits / sockets), 1);
        Phase[] phases = [.. StepBytes.Of(contender, figures).Phases(sockets * each).SelectMany(phase => Enumerable.Repeat(phase, each))];
        return LoopbackFloor.MillisecondsPerStep(sockets, phases, plan.Micro, cancellationToken);
    }
}
