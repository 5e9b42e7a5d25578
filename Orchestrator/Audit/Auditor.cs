using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Audit.Attacks;
using TraversalLearning.Orchestration.Training;
using static TorchSharp.torch;

namespace TraversalLearning.Orchestration.Audit;

/// <summary>Trains by each exchange, hands each party what it saw to the attacks, and scores what they get.</summary>
/// <param name="context">The run.</param>
/// <param name="options">What to audit.</param>
/// <param name="progress">Gets a line for each part.</param>
/// <param name="live">Gets the step that training is at; <see langword="null"/> for nobody.</param>
internal sealed class Auditor(RunContext context, AuditOptions options, Action<string> progress, Action<string>? live)
{
    private const int CandidatesOfAKind = 1000;

    /// <summary>Runs the audit.</summary>
    public async Task<AuditResult> RunAsync(CancellationToken cancellationToken)
    {
        SampleSet samples = ReadSamples();
        int[][] partition = ErrorTable.ReadingData.Guard(() => context.Options.Dealing.Deal(samples));
        using var pooled = new PooledSamples(samples, partition, context.Setup, context.Device);
        using SampleTensors? test = context.ReadTest();
        var findings = new List<Finding>();
        foreach (RunContext run in options.Exchanges.Select(e => context.With(context.Options.Cut, e)))
        {
            string exchange = run.Options.Exchange.ToWord();
            progress($"{exchange}: training");
            var training = new TappedTraining(run, samples, partition);
            AuditedRun seen = await training.RunAsync(
                options.Steps, options.Visits, live is null ? null : (step, of) => live($"{exchange}: step {step} of {of}"), cancellationToken);
            findings.AddRange(Attack(run, seen, pooled, test, cancellationToken));
        }

        return new AuditResult(findings, samples.Count, samples.Shape);
    }

    /// <summary>A random part of the training samples.</summary>
    private SampleSet ReadSamples()
    {
        (SampleSet samples, _) = context.ReadPooledTrain();
        if (options.Samples == 0 || options.Samples >= samples.Count)
        {
            return samples;
        }

        int[] order = [.. Enumerable.Range(0, samples.Count)];
        SeededRandom.ForStream(context.Options.Seed, ulong.MaxValue).Shuffle<int>(order);
        return samples.Select(order.AsSpan(0, options.Samples));
    }

    private List<Finding> Attack(RunContext run, AuditedRun seen, PooledSamples pooled, SampleTensors? test, CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        var truth = new Truth(pooled, seen.Batches);
        (Candidates? candidates, bool[] members) = CandidatesOf(seen, truth, test);
        var facts = new AuditContext(run.Setup, run.Options.Optimizer, run.Options.BatchSize, run.Options.Seed) { Candidates = candidates };
        var scorer = new Scorer(
            seen.Exchange.ToWord(),
            truth,
            seen.Batches.Select(RecordingPlan.IdOf).Zip(options.Steps).ToDictionary(p => p.First, p => p.Second),
            MajorityOf(pooled),
            members);
        var findings = new List<Finding>();
        var done = new List<(PartyView View, Finding[] Findings)>();
        foreach (PartyView view in Parties.Of(seen, truth, facts))
        {
            if (done.Find(d => d.View.KnowsTheSameAs(view)) is { View: not null } same)
            {
                findings.AddRange(same.Findings.Select(f => f with { Party = view.Name }));
                continue;
            }

            progress($"{seen.Exchange.ToWord()}: attacks of {view.Name}");
            int before = findings.Count;
            foreach (IAttack attack in KnownAttacks.All)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using DisposeScope own = NewDisposeScope();
                findings.AddRange(scorer.Score(view, attack, [.. attack.Run(view, facts)]));
            }

            done.Add((view, [.. findings.Skip(before)]));
        }

        return findings;
    }

    /// <summary>Samples trained on and test samples, mixed.</summary>
    private (Candidates? Candidates, bool[] Members) CandidatesOf(AuditedRun seen, Truth truth, SampleTensors? test)
    {
        int count = Math.Min(test?.Count ?? 0, Math.Min(CandidatesOfAKind, seen.Trained.Count));
        if (count == 0 || !context.Options.HasClasses)
        {
            return (null, []);
        }

        (Tensor ownInputs, Tensor ownLabels) = truth.Gather([.. seen.Trained.Take(count)]);
        (Tensor otherInputs, Tensor otherLabels) = test!.Range(0, count);
        int[] order = [.. Enumerable.Range(0, 2 * count)];
        SeededRandom.ForStream(context.Options.Seed, ulong.MaxValue - 1).Shuffle<int>(order);
        Tensor index = tensor(Array.ConvertAll(order, i => (long)i));
        return (
            new Candidates(cat([ownInputs, otherInputs]).index_select(0, index), cat([ownLabels, otherLabels]).index_select(0, index)),
            Array.ConvertAll(order, i => i < count));
    }

    private double MajorityOf(PooledSamples pooled)
    {
        if (!context.Options.HasClasses)
        {
            return 0;
        }

        using Tensor labels = pooled.Tensors.Range(0, pooled.Tensors.Count).Labels;
        return labels.data<long>().ToArray().CountBy(l => l).Max(c => c.Value) / (double)pooled.Tensors.Count;
    }
}
