namespace TraversalLearning.Orchestration.Runs;

/// <summary>Plain progress lines, for pipes and logs.</summary>
internal sealed class PlainProgressView(TextWriter output) : IProgressView
{
    public TimeSpan Interval { get; } = TimeSpan.FromSeconds(2);

    public Task<T> RunAsync<T>(Func<Task<T>> work) => work();

    public void Update(in ProgressSnapshot s) => WriteLine(
        $"epoch {s.Epoch}/{s.Epochs} batch {s.Batch}/{s.Batches} loss {s.Loss:0.0000} {s.SamplesPerSecond:#,0} samples/s"
        + $" sent {s.SentBytes / 1e6:0.0} MB received {s.ReceivedBytes / 1e6:0.0} MB left {s.Remaining:h\\:mm\\:ss}");

    public void WriteLine(string line)
    {
        lock (output)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
