using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Nodes;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Records;
using TraversalLearning.Transport;

namespace TraversalLearning.NodeDaemon;

/// <summary><c>--explain</c>: what would leave this node in one step of a run, before the site agrees to it. Nothing is sent.</summary>
internal sealed class ExplainRun : IOutgoingFrames
{
    private readonly RecordContext _context;
    private readonly RecordSummary _summary = new();
    private readonly Action<string> _write;

    private ExplainRun(TrainingSetup setup, int nodeId, Action<string> write)
    {
        _context = new RecordContext("nobody", null, nodeId) { Run = "rehearsal", Exchange = setup.Exchange.ToWord() };
        _write = write;
    }

    /// <summary>Does a step on the node's samples, and prints what would leave.</summary>
    /// <exception cref="UserErrorException">The offer is invalid, or does not fit the samples.</exception>
    public static async Task<int> PrintAsync(string offer, NodeOptions options, HostedSamples samples, Action<string> write, CancellationToken cancellationToken)
    {
        TrainingSetup setup = RunOffer.Read(offer);
        var explained = new ExplainRun(setup, options.NodeId, write);
        write($"in one step of {PolicyCommand.Describe(setup)}, this node would send:");
        await ErrorTable.ReadingData.GuardAsync(async () =>
        {
            await new Rehearsal(setup, samples, options, explained).RunAsync(cancellationToken);
            return true;
        });
        foreach (RunSummary run in explained._summary.Runs)
        {
            write($"together: {run.Content}");
        }

        write("nothing has been sent");
        return PolicyCommand.WriteVerdict(options.Policy.Current, setup, write);
    }

    /// <inheritdoc/>
    public void Leaving(in OutgoingFrame frame)
    {
        var line = FrameLine.Of(_context, frame);
        _summary.Add(line);
        string tensors = line.Tensors.Count == 0 ? "no tensors" : string.Join(", ", line.Tensors.Select(t => $"{t.Name} {t.Dtype}[{string.Join(", ", t.Shape)}]"));
        _write($"  {line.Type}: {line.Bytes} bytes, {line.Rows} rows, {tensors}{(line.Protection == Protection.None ? string.Empty : $", {line.Protection.ToString().ToLowerInvariant()}")}");
    }
}
