using System.Globalization;
using CsvHelper;

namespace TraversalLearning.Orchestration.Reporting;

/// <summary>A row of <c>metrics.csv</c>: of an epoch, or of a step where asked for. What does not apply is empty.</summary>
internal sealed record MetricsRow(
    string Scope,
    int Epoch,
    int? Batch,
    int Step,
    double TrainLoss,
    double TrainAccuracy,
    double? TestLoss,
    double? TestAccuracy,
    double LearningRate,
    double Seconds,
    double SamplesPerSecond,
    long SentBytes,
    long ReceivedBytes);

/// <summary>Writes <c>metrics.csv</c>, flushed after every epoch, so that a run that dies leaves what it had.</summary>
internal sealed class MetricsFile : IDisposable
{
    private readonly CsvWriter _csv;

    public MetricsFile(string path)
    {
        _csv = CsvWriter.ToFile(path);
        _csv.WriteRecord(
        [
            "scope", "epoch", "batch", "step", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "lr", "seconds",
            "samples_per_second", "sent_bytes", "received_bytes",
        ]);
    }

    public void Write(MetricsRow row)
    {
        _csv.WriteRecord(
        [
            row.Scope, Text(row.Epoch), Text(row.Batch), Text(row.Step), Text(row.TrainLoss), Text(row.TrainAccuracy), Text(row.TestLoss),
            Text(row.TestAccuracy), Text(row.LearningRate), Text(Math.Round(row.Seconds, 6)), Text(Math.Round(row.SamplesPerSecond, 1)),
            Text(row.SentBytes), Text(row.ReceivedBytes),
        ]);
        if (row.TestLoss is not null)
        {
            _csv.Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _csv.Dispose();

    private static string Text(IFormattable? value) => value?.ToString(null, CultureInfo.InvariantCulture) ?? string.Empty;
}
