using NLog;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Connections;

/// <summary>What the orchestrator logs. The numbers name the events and are never reused.</summary>
internal sealed class OrchestratorLog(Logger logger)
{
    // Whoever can reach the port can cause these events, as many as he likes.
    private readonly LogThrottle _strangers = new(burst: 20, TimeSpan.FromSeconds(1));

    // One that fails may do so at every step.
    private readonly LogThrottle _observers = new(burst: 3, TimeSpan.FromMinutes(1));

    // And a thousand nodes these, all at once.
    private readonly LogThrottles _crowd = new(burst: 20, TimeSpan.FromSeconds(1));

    public void WaitingForNodes(int count, System.Net.IPEndPoint endpoint) =>
        logger.Info("[1001] waiting for {count} nodes on {endpoint}", count, endpoint);

    public void Secured(ConnectionManagerOptions options)
    {
        string[] means =
        [
            .. options.Security.Tls is { } tls ? [tls.IsMutual ? "TLS with node certificates" : "TLS"] : Array.Empty<string>(),
            .. options.Security.Token is not null ? ["token"] : Array.Empty<string>(),
        ];
        if (means.Length > 0)
        {
            logger.Info("[1015] protected by {means}", string.Join(" and ", means));
        }
        else if (!Exposure.IsLoopback(options.Host))
        {
            logger.Warn("[1015] {host} is open to other machines, without TLS and token", options.Host);
        }
    }

    public void Prepared(string tables) => logger.Info("[1043] tables: {tables}", tables);

    public void DataDoubted(string what) => logger.Warn("[1045] {what}", what);

    public void FewDescriptors(int nodes) => logger.Warn(
        "[1016] few file descriptors are left for nodes that connect; allow more, e.g. by: ulimit -n {limit}", FileDescriptors.Advice(nodes));

    public void NodeJoined(NodeLink link) => OfMany(
        LogLevel.Info, 1002, "node {node} joined from {peer} with {samples} samples", link.NodeId, link.Peer, link.Hello.SampleCount);

    public void NodeDescribed(int node, string metadata) => OfMany(LogLevel.Info, 1044, "node {node}: {metadata}", node, metadata);

    public void AllJoined(int count, TimeSpan since) =>
        logger.Info("[1017] all {count} nodes have joined, {seconds:0.00} s after the first came", count, since.TotalSeconds);

    public void NodeLeft(NodeLink link, string reason, bool expected) => OfMany(
        expected ? LogLevel.Debug : LogLevel.Warn, 1003, "node {node} left: {reason} ({dropped} replies dropped)", link.NodeId, reason, link.Dropped);

    public void Refused(string peer, int node, string reason) =>
        OfStrangers(() => logger.Warn("[1004] refused node {node} from {peer}: {reason}", node, peer, reason));

    public void HandshakeFailed(string peer, string reason) => OfStrangers(() => logger.Warn("[1005] no node at {peer}: {reason}", peer, reason));

    public void ConnectionBroke(string peer, Exception e) => OfStrangers(() => logger.Error(e, "[1006] the connection with {peer} failed unexpectedly", peer));

    public void AcceptFailed(string reason) => OfStrangers(() => logger.Warn("[1007] cannot accept a connection now: {reason}", reason));

    /// <summary>Says how many refused connections were not logged one by one, if any.</summary>
    public void StrangersCounted() => StrangersCounted(_strangers.TakeHeld());

    public void TaskRepeated(int node, string reason, TimeSpan timeout) => OfMany(
        LogLevel.Warn,
        1008,
        "node {node}: {reason}; waiting up to {seconds:0} s for it, then its part of the step is done again",
        node,
        reason,
        timeout.TotalSeconds);

    public void ForwardRepeated(int node, StepId step) =>
        OfMany(LogLevel.Info, 1009, "node {node} does not hold {step} any more: forward pass sent again", node, step);

    public void ModelRepeated(int node, StepId step) =>
        OfMany(LogLevel.Info, 1022, "node {node} does not hold its model any more: sent with {step} again", node, step);

    public void Consensus(int epoch, double distance) =>
        logger.Info("[1023] epoch {epoch}: nodes are {distance:0.0000} from their mean, relative to its length", epoch, distance);

    public void Started(string what) => logger.Info("[1010] {what}", what);

    public void NoTestSet(bool validates) => logger.Info(
        "[1054] there is no test set, and no test figures: {figures}",
        validates ? "validation on the nodes tells how good the model is" : "with --algorithm tl, --validation_fraction has the nodes tell how good the model is");

    public void StartedFrom(string path, StateDictMatch taken) => logger.Info("[1045] starting from {path}: {taken}", path, taken);

    public void StartedFromOtherTables(string path, string difference) =>
        logger.Warn("[1046] {path} was trained with tables that have other {difference}: its weights stand for something else here", path, difference);

    public void SplitTried(string split, double milliseconds) => logger.Info("[1019] {split}: {milliseconds:0.00} ms a step", split, milliseconds);

    public void SplitChosen(string split) => logger.Info("[1020] chosen as the fastest: {split}", split);

    public void EpochCompleted(int epoch, string summary) => logger.Debug("[1011] epoch {epoch}: {summary}", epoch, summary);

    public void StoppedEarly(string reason) => logger.Debug("[1022] {reason}", reason);

    public void StepsMeasured(int epoch, string figures) => logger.Debug("[1018] epoch {epoch}: {figures}", epoch, figures);

    public void Finished(string summary) => logger.Debug("[1012] {summary}", summary);

    public void CheckpointWritten(int step, string path) => logger.Debug("[1030] checkpoint of step {step}: {path}", step, path);

    public void CheckpointFailed(int step, string reason, int last) => logger.Warn(
        "[1031] the checkpoint of step {step} cannot be written: {reason}; training goes on, the last checkpoint is {last}",
        step,
        reason,
        last == 0 ? "none" : $"that of step {last}");

    public void CheckpointNotDeleted(string reason) => logger.Warn("[1032] an old checkpoint cannot be deleted: {reason}", reason);

    public void CheckpointDamaged(string reason) => logger.Warn("[1033] a checkpoint is of no use: {reason}; looking at the one before", reason);

    public void CheckpointSetAside(string path) => logger.Warn("[1034] a checkpoint after the one that training goes on from is renamed: {path}", path);

    public void Resumed(string path, int epoch, int batch) =>
        logger.Info("[1035] going on from {path}: {batch}", path, StepId.InWords(epoch, batch));

    public void RoundingMayDiffer(string flag, string was, string now) => logger.Warn(
        "[1036] {flag} was {was} and is {now} now: the result may differ from that of an undisturbed run in its last digits", flag, was, now);

    public void ProductDiffers(string was, string now) =>
        logger.Warn("[1037] the checkpoint was written by version {was}, this is {now}: the result may differ in its last digits", was, now);

    public void LossNotFinite(string what) => logger.Warn("[1046] {what}; training goes on", what);

    public void Branched(int step, string changes) =>
        logger.Warn("[1049] a new branch of the run from step {step} on: {changes}; the result is that of neither alone", step, changes);

    public void TestDataDiffers(string dataset) =>
        logger.Warn("[1053] the test set of '{dataset}' is not the one that the checkpoint was made with: figures of earlier epochs are of another", dataset);

    public void GoOnWith(string hint) => logger.Info("[1038] {hint}", hint);

    public void MetricsNotWritten(string reason) => logger.Warn("[1039] cannot write metrics.csv: {reason}; its rows are kept and tried again", reason);

    public void ObserverFailed(Exception e)
    {
        if (_observers.TryPass(out long held))
        {
            logger.Warn(e, "[1051] an observer of the run failed: {reason}{more}; training goes on", e.Message, held > 0 ? $" ({held} times more)" : string.Empty);
        }
    }

    public void NodeSlow(Events.NodeSlow slow) => OfMany(
        LogLevel.Warn,
        1070,
        "node {node} is slow: {milliseconds:0.0} ms where the median of the others is {median:0.0} ms",
        slow.NodeId,
        slow.ComputeMilliseconds,
        slow.MedianMilliseconds);

    public void DashboardOpened(string url) => logger.Info("[1071] live page: {url}", url);

    public void ReportNotWritten(string reason) => logger.Warn("[1052] the run has ended, but its report is not written: {reason}; 'report' makes it again", reason);

    public void NodeSkipped(int node, string reason) => OfMany(
        LogLevel.Warn,
        1040,
        "node {node} is left out from now on: {reason}; without its samples the result is not that of the undisturbed run any more",
        node,
        reason);

    public void NodeTakenInAgain(int node) => OfMany(LogLevel.Warn, 1041, "node {node} is back: its samples take part again", node);

    public void BatchSkipped(int epoch, int batch) => logger.Warn("[1042] {batch} is skipped: none of its nodes is connected", StepId.InWords(epoch, batch));

    public void BatchTooSmall(int epoch, int batch, string layer) => OfMany(
        LogLevel.Warn, 1047, "{batch} is skipped: one row is left of it, and layer '{layer}' normalises over the rows of a batch", StepId.InWords(epoch, batch), layer);

    public void PartsTooSmall(int epoch, int batch, IReadOnlyCollection<int> nodes, string layer) => OfMany(
        LogLevel.Warn,
        1048,
        "{batch} goes on without node {nodes}: one row there, and layer '{layer}' normalises over the rows of a batch",
        StepId.InWords(epoch, batch),
        string.Join(", ", nodes.Order()),
        layer);

    public void Compression(string summary) => logger.Info("[1013] compression: {summary}", summary);

    /// <summary>An event of one node: shown unless it happens to very many at once, and always among the debug events.</summary>
    private void OfMany(LogLevel level, int number, string text, params object[] arguments)
    {
        bool passes = _crowd.TryPass(number, out long held);
        string more = held > 0 ? $" ({held} more nodes alike)" : string.Empty;
        logger.Log(passes ? level : LogLevel.Debug, $"[{number}] {text}{more}", arguments);
    }

    private void OfStrangers(Action write)
    {
        if (_strangers.TryPass(out long held))
        {
            StrangersCounted(held);
            write();
        }
    }

    private void StrangersCounted(long held)
    {
        if (held > 0)
        {
            logger.Warn("[1014] {count} more connections without a node, not logged one by one", held);
        }
    }
}
