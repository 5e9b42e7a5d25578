using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Policies;

/// <summary>
/// Enforces a node's policy in one run: each message that arrives, each sample that is computed on and each message that leaves
/// passes here. What the orchestrator has said before does not matter: it may lie.
/// </summary>
internal sealed class PolicyGuard : ISampleVisits
{
    // What a crash makes the node forget; the orchestrator cannot cause one.
    private static readonly TimeSpan WriteInterval = TimeSpan.FromSeconds(5);

    private readonly PolicySource _source;
    private readonly TrainingSetup _setup;
    private readonly int _samples;
    private readonly RunLedger _ledger;
    private readonly Action<RunLedger> _write;
    private readonly Func<X509Certificate2?> _orchestrator;
    private readonly TimeProvider _time;
    private NodePolicy? _policy;
    private ModelMemory? _memory;
    private long _written;

    /// <summary>Checks a run against the policy.</summary>
    /// <param name="source">The policy.</param>
    /// <param name="session">The orchestrator's name for the run.</param>
    /// <param name="setup">The run.</param>
    /// <param name="samples">Number of the node's samples.</param>
    /// <param name="ledgers">What the node has done before.</param>
    /// <param name="orchestrator">The orchestrator's certificate in the current connection.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="PolicyException">The policy does not allow the run.</exception>
    public PolicyGuard(
        PolicySource source, string session, TrainingSetup setup, int samples, RunLedgers ledgers, Func<X509Certificate2?> orchestrator, TimeProvider time)
    {
        (_source, _setup, _samples, _orchestrator, _time) = (source, setup, samples, orchestrator, time);
        _written = time.GetTimestamp();
        Require(source.Current);
        _ledger = ledgers.Open(session, samples, source.Current);
        _write = ledger => ledgers.Write(session, ledger);
    }

    /// <summary>Checks the orchestrator, before the node says anything to it.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="certificate">The orchestrator's certificate; <see langword="null"/> without TLS.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="PolicyException">The policy does not allow it, or not at this hour.</exception>
    public static void RequireOrchestrator(NodePolicy policy, X509Certificate2? certificate, TimeProvider time)
    {
        if (policy.Orchestrators is { } names && !(certificate is not null && names.Any(n => certificate.MatchesHostname(n, allowWildcards: false))))
        {
            string who = certificate is null ? "this one shows no certificate (--tls_ca)" : $"this one's certificate is {Printable.Escape(certificate.Subject)}";
            throw new PolicyException(PolicyKeys.Orchestrators, $"{string.Join(", ", names)} is allowed, and {who}");
        }

        RequireHour(policy, time);
    }

    /// <summary>Checks the number of rows of a batch.</summary>
    /// <exception cref="PolicyException">There are fewer than the policy asks for.</exception>
    public static void RequireBatch(NodePolicy policy, int rows)
    {
        if (policy.MinBatch is { } least && rows < least)
        {
            throw new PolicyException(PolicyKeys.MinBatch, $"a batch has {rows} rows, and {least} are needed; --last_batch drop leaves out smaller ones");
        }
    }

    /// <summary>Checks a message that has arrived, before its tensors are read.</summary>
    /// <exception cref="PolicyException">The policy does not allow what it asks for.</exception>
    public void Receive(IncomingFrame frame)
    {
        NodePolicy policy = _source.Current;
        if (!ReferenceEquals(policy, _policy))
        {
            Require(policy);
        }

        RequireHour(policy, _time);
        if (_setup.Terms is { } terms && MethodName.IsForeign(frame.Type, terms.Algorithm))
        {
            throw new PolicyException(PolicyKeys.Algorithms, $"the run was said to be {Printable.Escape(terms.Algorithm)}, of which {frame.Type} is no part");
        }

        RequireEpoch(policy, frame);
        switch (frame.Type)
        {
            case MessageType.ForwardPass:
                RequireRows(policy, RowsOf(frame));
                break;
            case MessageType.TurnForward:
                RequireRows(policy, RowsOf(frame));
                RequireBatch(policy, RowsOf(frame));
                break;
            case MessageType.LocalTraining:
                RequireLocal(policy, frame.Read<LocalTraining>());
                break;
            case MessageType.GossipRound:
                RequireLocal(policy, frame.Read<GossipRound>().Training);
                break;
            case MessageType.TurnStart:
                CountRound(policy, frame.Read<TurnStart>().Step, passes: 0);
                break;
            case MessageType.BlindFinish when !policy.AllowsReveal && frame.Tensors.Count > 0:
                throw new PolicyException(PolicyKeys.RevealModel, "the orchestrator asks for the model");
        }
    }

    /// <inheritdoc/>
    public void Visit(ReadOnlySpan<int> indices)
    {
        int limit = _source.Current.VisitLimit ?? int.MaxValue;
        int[] visits = _ledger.Visits;
        foreach (int index in indices)
        {
            if (visits[index] >= limit)
            {
                throw new PolicyException(PolicyKeys.MaxVisits, $"sample {index} has been visited {visits[index]} times in this run, and may be no more often");
            }
        }

        foreach (int index in indices)
        {
            visits[index]++;
        }

        WriteNowAndThen();
    }

    /// <summary>Checks a message that is about to leave.</summary>
    /// <param name="bytes">Its length.</param>
    /// <exception cref="PolicyException">With it more would leave than the policy allows.</exception>
    public void Send(long bytes)
    {
        if (_source.Current.MaxBytes is { } most && _ledger.Bytes + bytes > most)
        {
            throw new PolicyException(PolicyKeys.MaxGb, $"{PolicyRules.Gigabytes(most)} GB may leave in a run, and have left");
        }

        _ledger.Bytes += bytes;
    }

    /// <summary>Writes the ledger.</summary>
    public void Write() => _write(_ledger);

    private static void RequireHour(NodePolicy policy, TimeProvider time)
    {
        if (policy.Hours is { } hours && TimeOnly.FromDateTime(time.GetLocalNow().DateTime) is var now && !hours.Contains(now))
        {
            throw new PolicyException(PolicyKeys.Hours, $"this node takes part from {hours.From:HH\\:mm} to {hours.To:HH\\:mm}, and it is {now:HH\\:mm} there");
        }
    }

    private static int RowsOf(IncomingFrame frame) => frame.Tensors is [{ Shape: [var rows] }, ..] ? (int)Math.Min(rows, int.MaxValue) : 0;

    private void Require(NodePolicy policy)
    {
        RequireOrchestrator(policy, _orchestrator(), _time);
        PolicyRules.Require(policy, _setup);
        _memory = policy.MaxModelBytes is { } bytes ? new ModelMemory(_setup, bytes) : null;
        RequireMemory(rows: 1, training: _setup.Exchange.Kind().IsBlind);
        _policy = policy;
    }

    private void RequireMemory(int rows, bool training)
    {
        try
        {
            if (training)
            {
                _memory?.RequireTraining(rows);
            }
            else
            {
                _memory?.Require(rows);
            }
        }
        catch (ModelException e)
        {
            throw new PolicyException(PolicyKeys.MaxModelGb, e.Message);
        }
    }

    private void RequireEpoch(NodePolicy policy, IncomingFrame frame)
    {
        if (frame.Step is not { } step)
        {
            return;
        }

        bool byItself = _setup.Terms?.LocalEpochs is not null;
        if ((byItself ? policy.MaxRounds : policy.MaxEpochs) is { } last && step.Epoch > last)
        {
            throw new PolicyException(byItself ? PolicyKeys.MaxRounds : PolicyKeys.MaxEpochs, $"{(byItself ? "round" : "epoch")} {step.Epoch} is asked for, and {last} is the last one");
        }
    }

    private void RequireRows(NodePolicy policy, int rows)
    {
        if (policy.MaxRowsAlone is { } most && rows > most)
        {
            throw new PolicyException(PolicyKeys.MaxRowsAlone, $"{rows} rows of this node would be behind one message, and {most} may be");
        }

        RequireMemory(Math.Max(rows, 1), training: false);
    }

    private void RequireLocal(NodePolicy policy, LocalTraining request)
    {
        if (policy.MaxRowsAlone is { } most && _samples > most)
        {
            throw new PolicyException(PolicyKeys.MaxRowsAlone, $"all {_samples} rows of this node would be behind one message, and {most} may be");
        }

        RequireBatch(policy, request.BatchSize);
        RequireMemory(Math.Max(Math.Min(request.BatchSize, _samples), 1), training: true);
        CountRound(policy, request.Step, request.Epochs);
    }

    /// <summary>Counts a round that is not a repetition.</summary>
    private void CountRound(NodePolicy policy, StepId step, int passes)
    {
        if ((step.Epoch, step.Batch).CompareTo(_ledger.LastRound) <= 0)
        {
            return;
        }

        if (policy.MaxRounds is { } rounds && _ledger.Rounds >= rounds)
        {
            throw new PolicyException(PolicyKeys.MaxRounds, $"a round after {rounds} is asked for, which are allowed");
        }

        if (policy.MaxEpochs is { } epochs && _ledger.Passes + passes > epochs)
        {
            throw new PolicyException(PolicyKeys.MaxEpochs, $"{_ledger.Passes + passes} passes over this node's samples are asked for, and {epochs} are allowed");
        }

        (_ledger.LastRound, _ledger.Rounds, _ledger.Passes) = ((step.Epoch, step.Batch), _ledger.Rounds + 1, _ledger.Passes + passes);
    }

    private void WriteNowAndThen()
    {
        if (_time.GetElapsedTime(_written) > WriteInterval)
        {
            Write();
            _written = _time.GetTimestamp();
        }
    }
}
