namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            /// <summary>Sets the learning rates of an optimizer's groups, once an epoch.</summary>
            public abstract class LRScheduler
            {
                private protected readonly List<ILearningRateController> _groups;
                private protected readonly List<double> _base_lrs;
                private readonly bool _verbose;
                private List<double> _last_lrs;

                private protected LRScheduler(Optimizer optimizer, int last_epoch, bool verbose)
                {
                    _groups = optimizer.ParamGroups.ToList();
                    _base_lrs = _groups.ConvertAll(g => g.InitialLearningRate);
                    _last_lrs = _groups.ConvertAll(g => g.LearningRate);
                    _last_epoch = last_epoch;
                    _verbose = verbose;
                }

                private protected int _last_epoch { get; private set; }

                public virtual void step() => step(null);

                /// <summary>The next epoch, or the one named.</summary>
                public virtual void step(int? epoch)
                {
                    _last_epoch = epoch ?? _last_epoch + 1;
                    List<double> rates = (epoch is null ? get_lr() : get_closed_form_lr()).ToList();
                    for (int i = 0; i < _groups.Count; i++)
                    {
                        if (_verbose && rates[i] != _last_lrs[i]) Console.WriteLine($"Adjusting learning rate to {rates[i]}");
                        _groups[i].LearningRate = rates[i];
                    }

                    _last_lrs = rates;
                }

                public IEnumerable<double> get_last_lr() => _last_lrs;

                /// <summary>This epoch's rates from the last epoch's.</summary>
                protected abstract IEnumerable<double> get_lr();

                /// <summary>This epoch's rates from the initial ones.</summary>
                protected abstract IEnumerable<double> get_closed_form_lr();
            }

            public static LRScheduler StepLR(Optimizer optimizer, int step_size, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new impl.StepLR(optimizer, step_size, gamma, last_epoch, verbose);

            public static LRScheduler MultiStepLR(Optimizer optimizer, IList<int> milestones, double gamma = 0.1, int last_epoch = -1, bool verbose = false) =>
                new impl.MultiStepLR(optimizer, milestones, gamma, last_epoch, verbose);

            public static LRScheduler CosineAnnealingLR(Optimizer optimizer, double T_max, double eta_min = 0, int last_epoch = -1, bool verbose = false) =>
                new impl.CosineAnnealingLR(optimizer, T_max, eta_min, last_epoch, verbose);
        }
    }
}
