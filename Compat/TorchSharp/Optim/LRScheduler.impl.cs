namespace TorchSharp;

public static partial class torch
{
    public static partial class optim
    {
        public static partial class lr_scheduler
        {
            public static partial class impl
            {
                /// <summary>Times gamma every step_size epochs.</summary>
                public class StepLR : LRScheduler
                {
                    private readonly int _step_size;
                    private readonly double _gamma;

                    public StepLR(Optimizer optimizer, int step_size, double gamma = 0.1, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _step_size = step_size;
                        _gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() =>
                        _last_epoch == 0 || _last_epoch % _step_size != 0
                            ? _groups.Select(g => g.LearningRate)
                            : _groups.Select(g => g.LearningRate * _gamma);

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(lr => lr * Math.Pow(_gamma, _last_epoch / _step_size));
                }

                /// <summary>Times gamma at each milestone.</summary>
                public class MultiStepLR : LRScheduler
                {
                    private readonly List<int> _milestones;
                    private readonly double _gamma;

                    public MultiStepLR(Optimizer optimizer, IList<int> milestones, double gamma = 0.1, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _milestones = milestones.Distinct().ToList();
                        _gamma = gamma;
                        step();
                    }

                    protected override IEnumerable<double> get_lr() =>
                        _groups.Select(g => _milestones.Contains(_last_epoch) ? g.LearningRate * _gamma : g.LearningRate);

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(lr => lr * Math.Pow(_gamma, _milestones.Count(m => m <= _last_epoch)));
                }

                /// <summary>Half a cosine from the initial rate to eta_min in T_max epochs.</summary>
                public class CosineAnnealingLR : LRScheduler
                {
                    private readonly double _T_max;
                    private readonly double _eta_min;

                    public CosineAnnealingLR(Optimizer optimizer, double T_max, double eta_min = 0, int last_epoch = -1, bool verbose = false)
                        : base(optimizer, last_epoch, verbose)
                    {
                        _T_max = T_max;
                        _eta_min = eta_min;
                        step();
                    }

                    protected override IEnumerable<double> get_lr()
                    {
                        if (_last_epoch == 0) return _groups.Select(g => g.LearningRate);
                        if ((_last_epoch - 1 - _T_max) % (2 * _T_max) == 0)
                            return _groups.Select((g, i) => g.LearningRate + ((_base_lrs[i] - _eta_min) * (1 - Math.Cos(Math.PI / _T_max)) / 2));
                        double ratio = (1 + Math.Cos(Math.PI * _last_epoch / _T_max)) / (1 + Math.Cos(Math.PI * (_last_epoch - 1) / _T_max));
                        return _groups.Select(g => (ratio * (g.LearningRate - _eta_min)) + _eta_min);
                    }

                    protected override IEnumerable<double> get_closed_form_lr() =>
                        _base_lrs.Select(lr => _eta_min + ((lr - _eta_min) * (1 + Math.Cos(Math.PI * _last_epoch / _T_max)) / 2));
                }
            }
        }
    }
}
