using Spectre.Console;

namespace TraversalLearning.Orchestration.Runs;

/// <summary>A live progress line on a terminal.</summary>
internal sealed class TerminalProgressView : IProgressView
{
    private ProgressTask? _task;

    public TimeSpan Interval { get; } = TimeSpan.FromMilliseconds(100);

    public Task<T> RunAsync<T>(Func<Task<T>> work) => AnsiConsole.Progress()
        .AutoClear(true)
        .Columns(new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
        .StartAsync(context =>
        {
            _task = context.AddTask("waiting for nodes", maxValue: 1);
            return work();
        });

    public void Update(in ProgressSnapshot s)
    {
        if (_task is { } task)
        {
            task.MaxValue = (double)s.Epochs * s.Batches;
            task.Value = ((s.Epoch - 1.0) * s.Batches) + s.Batch;
            task.Description =
                $"epoch {s.Epoch}/{s.Epochs} batch {s.Batch}/{s.Batches} loss [bold]{s.Loss:0.0000}[/] {s.SamplesPerSecond:#,0}/s"
                + $" ↑{s.SentBytes / 1e6:0} ↓{s.ReceivedBytes / 1e6:0} MB left {s.Remaining:h\\:mm\\:ss}";
        }
    }

    public void WriteLine(string line) => AnsiConsole.MarkupLine(Markup.Escape(line));
}
