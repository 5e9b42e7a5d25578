using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Models;
using TraversalLearning.Orchestration.Training.Sessions;

namespace TraversalLearning.Orchestration.Runs.Checkpoints;

/// <summary>
/// The model of the best epoch so far, as a file in the run folder. Every checkpoint holds a copy, so that a run
/// resumed from it has the best model up to that point, whatever came later.
/// </summary>
/// <param name="runFolder">The folder of the file.</param>
/// <param name="holder">Who holds the model.</param>
internal sealed class BestModel(string runFolder, ModelHolder holder)
{
    private string FilePath => Path.Combine(runFolder, holder.BestName);

    /// <summary>Saves the current model as the best.</summary>
    /// <exception cref="UserErrorException">The file cannot be written, so the run could not finish with
    /// it.</exception>
    public Task WriteAsync(CancellationToken cancellationToken) => ErrorTable.Writing.GuardAsync(
        async () =>
        {
            await holder.SaveBestAsync(FilePath, cancellationToken);
            return true;
        },
        e => $"cannot write '{FilePath}': {e.Message}");

    /// <summary>Copies the file into a checkpoint.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void CopyTo(string folder)
    {
        if (File.Exists(FilePath))
        {
            PrivateFiles.WriteDurably(Path.Combine(folder, holder.BestName), File.ReadAllBytes(FilePath));
        }
    }

    /// <summary>
    /// Copies the file back from a checkpoint; a checkpoint without one dates from before the end of the first epoch.
    /// </summary>
    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public void TakeFrom(string folder) => Guarded(() =>
    {
        string copy = Path.Combine(folder, holder.BestName);
        File.Delete(FilePath);
        if (File.Exists(copy))
        {
            PrivateFiles.WriteDurably(FilePath, File.ReadAllBytes(copy));
        }
    });

    /// <summary>Restores the best epoch's values to the model.</summary>
    /// <exception cref="UserErrorException">The file is missing or damaged.</exception>
    public Task RestoreAsync(CancellationToken cancellationToken) => ErrorTable.RestoringModel.GuardAsync(
        async () =>
        {
            await holder.RestoreBestAsync(FilePath, cancellationToken);
            return true;
        },
        e => $"the model of the best epoch cannot be read: {e.Message}");

    private void Guarded(Action write) => ErrorTable.Writing.Guard(write, e => $"cannot write '{FilePath}': {e.Message}");
}
